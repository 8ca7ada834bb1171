"""Graphs that hold other graphs: Loop, If and Scan. A model's graphs have none, and one with a loop need never end.

Read from the bytes, since the package `onnx` is not there where a model only predicts. Of a serialised message only those
fields are followed that lead to nodes (onnx.proto: ModelProto.graph and .functions, NodeProto.attribute ...).
"""

from collections.abc import Iterator

from bert_mrc_theseus.errors import ModelError

_NODE_NAME = 4
_ATTRIBUTE: dict[int, dict] = {6: {}, 11: {}}  # .g and .graphs
_NODE = {5: _ATTRIBUTE}
_MODEL = {7: {1: _NODE}, 25: {7: _NODE}}
"""By the numbers of fields."""

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


def refuse_control_flow(graph: bytes, name: str) -> None:
    """Looks for operators that hold graphs.

    Args:
        graph: serialised.
        name: of it, for messages.

    Raises:
        ModelError: it has one, or is no serialised graph.
    """
    try:
        found = next(_holders(memoryview(graph), _MODEL), None)
    except (IndexError, ValueError) as error:
        raise ModelError(f"{name} cannot be loaded: it is no ONNX graph: {error}") from error
    if found is not None:
        raise ModelError(f"{name} has the operator {found!r}, which holds another graph: no graph of a model has such")


def _holders(message: memoryview, followed: dict[int, dict]) -> Iterator[str]:
    """Names of the operators in a message that have an attribute with graphs."""
    parts = list(_fields(message))
    for number, content in parts:
        if number not in followed:
            continue
        if followed is not _NODE:
            yield from _holders(content, followed[number])
        elif any(field in _ATTRIBUTE for field, _ in _fields(content)):
            yield next((bytes(value).decode(errors="replace") for field, value in parts if field == _NODE_NAME), "?")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(number, content) of the fields of a message that have a length.

    Raises:
        IndexError, ValueError: it is no message.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind, size = key & 7, 0
        if kind == _VARINT:
            _, position = _varint(message, position)
        elif kind == _LENGTH:
            size, position = _varint(message, position)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"byte {position} begins no field")
        if position + size > len(message):
            raise ValueError("it ends too early")
        if kind == _LENGTH:
            yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the position behind it."""
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number without end")

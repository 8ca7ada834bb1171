"""Checksums of a model folder: checksums.json, the SHA-256 of each file that makes up the model.

    {"config.json": "4b2f...", "onnx/lower.onnx": "9d01..."}

A file that was damaged, cut off, or taken from another model is refused by name. A folder without checksums.json, as older
programs wrote it, is read as it is. A file that is being replaced has a list of two checksums meanwhile.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.regular_files import LARGEST_TEXT, parse_json_object, read_bytes, regular_file

CHECKSUMS = "checksums.json"


class ModelFiles:
    """The files of a model folder, checked as they are read.

    Args:
        folder: the model folder.

    Raises:
        ModelError: its checksums.json cannot be read.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._known = _read_checksums(folder)

    def read(self, name: str) -> bytes:
        """The bytes of a file of text, by its name in the folder.

        Raises:
            FileNotFoundError: there is no such file.
            ModelError: it is no regular file, too large, or not the one that was written.
        """
        content = read_bytes(self.folder / name, LARGEST_TEXT)
        self.check(name, content)
        return content

    def check(self, name: str, content: bytes) -> None:
        """Compares what was read of a file with its checksum.

        Args:
            name: of the file, such as "onnx/lower.onnx".
            content: its bytes.

        Raises:
            ModelError: it is not what was written.
        """
        self._compare(name, lambda: hashlib.sha256(content).hexdigest())

    def checked(self, name: str) -> Path:
        """The path of a file that is too large to be kept in memory twice, after the same checks as `read`."""
        path = regular_file(self.folder / name)
        self._compare(name, lambda: sha256_of(path))
        return path

    def _compare(self, name: str, found: Callable[[], str]) -> None:
        if self._known is None:
            return
        if name not in self._known:
            raise ModelError(
                f"{self.folder / name} is not one of the files that this model was written with ({CHECKSUMS}): put there the "
                f"files that belong to it, or write it again"
            )
        if found() not in self._known[name]:
            raise ModelError(
                f"{self.folder / name} is not as it was written: damaged, changed, or of another model ({CHECKSUMS}): copy "
                f"the folder again from where it came from"
            )


def write_checksums(folder: Path, names: Sequence[str]) -> None:
    """Writes checksums.json.

    Args:
        folder: of the model.
        names: its files, by their names in the folder; those that are not there are left out.
    """
    _write_checksums(folder, {name: [sha256_of(folder / name)] for name in names if (folder / name).is_file()})


@contextmanager
def replacing(folder: Path, contents: Mapping[str, bytes], names: Sequence[str]) -> Iterator[None]:
    """Keeps checksums.json true while files are replaced: meanwhile the old and the new form of each is right.

    So a command that is killed leaves a folder that can be read. The other files' checksums stay what they were; a folder that
    had none gets those of all its files.

    Args:
        folder: of the model.
        contents: the new bytes of files, by their names in the folder; the block writes them.
        names: see `write_checksums`.
    """
    known = _read_checksums(folder)
    new = {name: [hashlib.sha256(content).hexdigest()] for name, content in contents.items()}
    if known is not None:
        _write_checksums(folder, {**known, **{name: [*known.get(name, ()), *new[name]] for name in new}})
    try:
        yield
    except BaseException:
        if known is not None:
            _write_checksums(folder, known)
        raise
    if known is not None:
        _write_checksums(folder, {**known, **new})
    else:
        write_checksums(folder, names)


def _read_checksums(folder: Path) -> dict[str, list[str]] | None:
    """The checksums that each file may have; None: the folder has no checksums.json."""
    path = folder / CHECKSUMS
    try:
        content = parse_json_object(read_bytes(path, LARGEST_TEXT), path)
    except FileNotFoundError:
        return None
    return {name: value if isinstance(value, list) else [value] for name, value in content.items()}


def _write_checksums(folder: Path, checksums: Mapping[str, list[str]]) -> None:
    with atomic_write(folder / CHECKSUMS) as stream:
        content = {name: values[0] if len(values) == 1 else values for name, values in checksums.items()}
        stream.write(json.dumps(content, indent=2) + "\n")


def sha256_of_weights(tensors: Mapping[str, np.ndarray], vocab: Sequence[str]) -> str:
    """One checksum of a model's tensors and vocabulary, whatever files they lie in.

    Args:
        tensors: by name.
        vocab: one entry a row.
    """
    digest = hashlib.sha256("\n".join(vocab).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return digest.hexdigest()

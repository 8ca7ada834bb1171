"""The two ONNX graphs of a model folder: read, checked, written."""

from pathlib import Path

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.model_files.checksums import ModelFiles
from bert_mrc_theseus.model_files.model_folder import GRAPH_FILES, ONNX, changing_files
from bert_mrc_theseus.model_files.regular_files import read_bytes
from bert_mrc_theseus.outputs import bring_along


def read_graphs(folder: str | Path) -> tuple[bytes, bytes]:
    """The graphs of a model folder, as `export --to onnx` wrote them; `check_graphs` says whether they still are.

    Raises:
        ModelError: a file is absent or unreadable.
    """
    lower, upper = (Path(folder) / name for name in GRAPH_FILES)
    try:
        return read_bytes(lower), read_bytes(upper)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} does not hold the graphs of a model: {error.filename} is missing") from error


def check_graphs(folder: str | Path, graphs: tuple[bytes, bytes]) -> None:
    """Compares graphs with the checksums of the model folder that they were read from.

    Raises:
        ModelError: they are not as they were written.
    """
    files = ModelFiles(Path(folder))
    for name, content in zip(GRAPH_FILES, graphs, strict=True):
        files.check(name, content)


def write_graphs(folder: str | Path, graphs: tuple[bytes, bytes]) -> None:
    """Writes the graphs of a model folder, in one step, and their checksums; what others put beside the graphs stays.

    Raises:
        UserError: the disk is full or the place not writable.
    """
    contents = dict(zip(GRAPH_FILES, graphs, strict=True))
    place = Path(folder) / ONNX

    def carry(new: Path) -> None:
        if place.is_dir():
            bring_along(place, new, lambda name: name.endswith(".onnx"))

    with changing_files(Path(folder), contents), atomic_folder(place, carry) as new:
        for name, content in contents.items():
            (new / Path(name).name).write_bytes(content)

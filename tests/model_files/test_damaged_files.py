"""Model folders whose files were damaged or mixed up: refused by name, at once, and without taking memory."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files import checksums
from bert_mrc_theseus.model_files.checksums import CHECKSUMS
from bert_mrc_theseus.model_files.model_folder import CHECKED, GRAPH_FILES, OF_WORDS, load_spec, save_thresholds
from tests.helpers.model_folders import use_model


def test_whole_folders_can_be_used(folder):
    use_model(folder)
    assert set(json.loads((folder / CHECKSUMS).read_text())) == set(CHECKED) - set(OF_WORDS)
    (folder / CHECKSUMS).unlink()
    use_model(folder)


def cut(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def emptied(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def longer(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def flipped(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def of_another_model(path: Path, other: Path) -> None:
    shutil.copyfile(other, path)


def rows_reversed(path: Path, other: Path) -> None:
    path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[::-1]))


@pytest.mark.parametrize("damage", [cut, emptied, longer, flipped, of_another_model, rows_reversed])
@pytest.mark.parametrize("name", CHECKED)
def test_a_file_that_is_not_as_it_was_written_is_named(with_words, tmp_path, name, damage):
    folder = Path(shutil.copytree(with_words / "ours", tmp_path / "model"))
    before = (folder / name).read_bytes()
    damage(folder / name, with_words / "other" / name)
    if (folder / name).read_bytes() == before:
        pytest.skip("both models have the same file")
    with pytest.raises(ModelError, match=f"model/{name} is not as it was written"):
        use_model(folder)


def test_graphs_in_each_others_place_are_named(folder):
    lower, upper = (folder / name for name in GRAPH_FILES)
    lower.rename(folder / "x")
    upper.rename(lower)
    (folder / "x").rename(upper)
    with pytest.raises(ModelError, match=r"lower\.onnx is not as it was written"):
        use_model(folder)
    (folder / CHECKSUMS).unlink()
    with pytest.raises(ModelError, match=r"model/onnx/lower\.onnx has no input '.*': it is another graph"):
        use_model(folder)


def test_a_file_that_was_put_there_is_refused(made, folder):
    shutil.rmtree(folder / "onnx")
    known = json.loads((folder / CHECKSUMS).read_text())
    (folder / CHECKSUMS).write_text(json.dumps({name: known[name] for name in known if name not in GRAPH_FILES}))
    shutil.copytree(made / "other" / "onnx", folder / "onnx")
    with pytest.raises(ModelError, match=r"lower\.onnx is not one of the files that this model was written with"):
        use_model(folder)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("kind", [fifo, endless_device, directory])
@pytest.mark.parametrize("name", [*CHECKED, CHECKSUMS])
def test_what_is_no_regular_file_is_not_read(with_words, tmp_path, name, kind):
    folder = Path(shutil.copytree(with_words / "ours", tmp_path / "model"))
    (folder / name).unlink()
    kind(folder / name)
    with pytest.raises(ModelError, match=f"model/{name} is no regular file"):
        use_model(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{", "[" * 100_000, '{"config.json": 7}', '{"config.json": [7]}']
)
def test_damaged_checksums_are_named(folder, content):
    (folder / CHECKSUMS).write_text(content)
    with pytest.raises(ModelError, match=r"checksums\.json"):
        load_spec(folder)


def test_a_huge_text_file_is_not_read(unchecked):
    with open(unchecked / "vocab.txt", "ab") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ModelError, match=r"vocab\.txt has 1,099,511,627,776 bytes, more than"):
        load_spec(unchecked)


def test_graphs_of_a_model_with_other_sizes_name_the_folder(made, unchecked):
    """Each file is whole, and the two do not fit together."""
    shutil.copyfile(made / "other" / GRAPH_FILES[0], unchecked / GRAPH_FILES[0])
    with pytest.raises(ModelError, match=f"the graphs in {unchecked} cannot be run"):
        use_model(unchecked)


def test_a_kill_while_thresholds_are_saved_leaves_a_model(folder, monkeypatch):
    """At every write: the process ends there and then."""

    class Killed(BaseException):
        pass

    real, left = checksums.atomic_write, [0]

    def dying(path: Path) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return real(path)

    monkeypatch.setattr(checksums, "atomic_write", dying)
    for writes in range(2):
        left[0] = writes
        with pytest.raises(Killed):
            save_thresholds(folder, Thresholds(0.1 + 0.1 * writes, 0.2))
        assert load_spec(folder).thresholds in (Thresholds(0.3, 0.4), Thresholds(0.2, 0.2))
        use_model(folder)
    left[0] = 2
    save_thresholds(folder, Thresholds(0.9, 0.9))
    assert load_spec(folder).thresholds == Thresholds(0.9, 0.9)
    use_model(folder)
    assert all(isinstance(value, str) for value in json.loads((folder / CHECKSUMS).read_text()).values())


def test_an_older_folder_gets_checksums_when_it_is_changed(unchecked):
    save_thresholds(unchecked, Thresholds(0.1, 0.2))
    assert set(json.loads((unchecked / CHECKSUMS).read_text())) == set(CHECKED) - set(OF_WORDS)
    use_model(unchecked)

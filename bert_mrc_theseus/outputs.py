"""What may be written where: rules that commands ask before any work begins, and folders that know what was written in them.

No input is an output. A folder is replaced only if the same command wrote all that is in it; a file in it, `MARKER`, says so.
"""

import json
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.places import cannot_be_replaced, check_place, own_descriptor
from bert_mrc_theseus.files.remote_files import check_remote_output, is_remote, same_remote
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.files.temporary_files import is_temporary
from bert_mrc_theseus.provenance import write_json

MARKER = ".bert-mrc-theseus.json"
"""Which command wrote an output folder, and the SHA-256 of each of its files."""

STDIN = "-"


def check_output_file(path: str | Path | None, inputs: Iterable[str | Path] = ()) -> None:
    """Refuses a file that could not be written, or would replace an input.

    Args:
        path: the file, or something that can be written to, such as a FIFO, or an address (see `remote_files`); None: standard
            output.
        inputs: files and addresses, and "-" for standard input.

    Raises:
        UsageError: it is a folder or not writable, its folder is not (see `places.check_place`), or it is an input.
        DataError: see `remote_files.check_remote_output`.
    """
    if is_remote(path):
        check_remote_output(str(path))
        for given in inputs:
            if is_remote(given) and same_remote(str(path), str(given)):
                raise UsageError(f"{path} is an input, {given}: write to another file")
        return
    descriptor = 1 if path is None else own_descriptor(Path(path))
    inputs = list(inputs)
    if path is None or descriptor is not None:
        _refuse_input(descriptor, path or "standard output", inputs)
        return
    path = Path(path)
    replaced = os.path.isfile(path) or not os.path.exists(path)
    if replaced:
        check_place(path)
    if not path.exists():
        return
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder: name a file to write")
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise UsageError(f"{path} cannot be written: it is a {'disk' if stat.S_ISBLK(mode) else 'socket'}")
    if not os.access(path, os.W_OK):
        raise UsageError(f"{path} cannot be written: it is not writable")
    if replaced and _is_kept_by_its_folder(path.resolve()):
        raise UsageError(f"{path} cannot be replaced: it is another user's, and its folder lets nobody else replace it")
    _refuse_input(path, path, inputs)


def check_output_files(paths: Iterable[Path | None], inputs: Iterable[str | Path] = ()) -> None:
    """`check_output_file` of several; None: not wanted.

    Raises:
        UsageError: see there; or two of them are one.
    """
    inputs, seen = list(inputs), set()
    for path in paths:
        if path is not None:
            check_output_file(path, inputs)
            if path.resolve() in seen:
                raise UsageError(f"{path} is written twice: name different files")
            seen.add(path.resolve())


def check_work_folder(path: str | Path, signs: Iterable[str]) -> None:
    """Refuses a folder in which a command could not keep its work, or that holds something else.

    Args:
        path: the folder.
        signs: patterns of names, one of which lies in a folder of that command.

    Raises:
        UsageError: it is a file or not writable, or is not empty and has none of the signs.
    """
    path = Path(path)
    check_place(path / "x")
    if path.is_dir() and any(path.iterdir()) and not any(next(path.glob(sign), None) for sign in signs):
        raise UsageError(f"{path} exists already and holds something else: name another folder to write")


def check_output_folder(
    path: str | Path,
    command: str,
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
) -> None:
    """Refuses a folder that could not be written, or that holds what the command did not write.

    Args:
        path: the folder.
        command: what writes it.
        overwrite: files that have been changed may be replaced, and files of others may lie there: those stay.
        inputs: files and folders that are read.

    Raises:
        UsageError: it is a file or not writable, or holds inputs, or other things that the command did not write.
    """
    path = Path(path)
    check_place(path)
    if not path.exists():
        return
    if not path.is_dir():
        raise UsageError(f"{path} is no folder: name a folder to write")
    for given in inputs:
        if given != STDIN and Path(given).exists() and _lies_in(Path(given), path):
            raise UsageError(f"{path} holds {given}, which is read: name another folder to write")
    inside = [entry.name for entry in path.iterdir() if not is_temporary(entry.name)]
    if inside and cannot_be_replaced(path.resolve()):
        raise UsageError(
            f"{path} cannot be replaced in one step, since it is a mount point or the current folder, and it is not empty: "
            "name a new folder inside it"
        )
    if overwrite or not inside:
        return
    written, others, changed = _contents(path, command)
    if written is None:
        raise UsageError(
            f"{path} exists already and was not written by {command}: name another folder to write (--overwrite writes into "
            "this one; files that it does not write stay)"
        )
    for names, what in ((others, f"which {command} did not write"), (changed, "changed since it was written")):
        if names:
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            raise UsageError(
                f"{path} holds {shown}, {what}: name another folder to write (--overwrite replaces what {command} writes; "
                "other files stay)"
            )


@contextmanager
def output_folder(
    path: str | Path,
    command: str,
    overwrite: bool = False,
    inputs: Iterable[str | Path] = (),
    belongs: Callable[[str], bool] = lambda name: False,
) -> Iterator[Path]:
    """Yields an empty temporary folder that replaces `path` in one step; see `check_output_folder` and `atomic_folder`.

    Files of others that lie in `path` are brought along.

    Args:
        path, command, overwrite, inputs: see `check_output_folder`.
        belongs: tells the name of a file that would pass for one of this command's, though it did not write it: such a file is
            not brought along.

    Raises:
        UsageError: see `check_output_folder`.
        OSError: see `atomic_folder`.
    """
    check_output_folder(path, command, overwrite, inputs)

    def carry(new: Path) -> None:
        old = Path(path)
        own = {entry.name for entry in new.iterdir()}
        while old.is_dir() and not cannot_be_replaced(old.resolve()):
            with suppress(FileNotFoundError):
                before = _state(old, command)
                ours = {*(before[1] or ()), MARKER}
                bring_along(old, new, partial(_is_left_out, ours, belongs))
                if before == _state(old, command):
                    return
            # Another command has replaced the folder meanwhile: what was brought along may be of either.
            for entry in new.iterdir():
                if entry.name not in own:
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    with atomic_folder(path, carry) as new:
        yield new
        files = {file.name: sha256_of(file) for file in sorted(new.iterdir())}
        write_json(new / MARKER, {"command": command, "files": files})


def bring_along(old: Path, new: Path, left_out: Callable[[str], bool]) -> None:
    """Links what lies in a folder into one that will replace it, where that has no such name; `left_out` tells what not."""
    for entry in old.iterdir():
        target = new / entry.name
        if not (left_out(entry.name) or is_temporary(entry.name) or os.path.lexists(target)):
            if entry.is_dir() and not entry.is_symlink():
                target.mkdir()
                bring_along(entry, target, is_temporary)
                target.chmod(stat.S_IMODE(entry.stat().st_mode))
            else:
                os.link(entry, target, follow_symlinks=False)


def _is_left_out(ours: Collection[str], belongs: Callable[[str], bool], name: str) -> bool:
    return name in ours or belongs(name)


def _state(folder: Path, command: str) -> tuple[int, dict[str, str] | None]:
    """What is another if another command has replaced a folder."""
    return folder.stat().st_ino, _written(folder, command)


def _contents(folder: Path, command: str) -> tuple[dict[str, str] | None, list[str], list[str]]:
    """What a command wrote into a folder (None: it did not), names of other things in it, and of files that were changed."""
    while True:
        written = _written(folder, command)
        others, changed = [], []
        for name in sorted(entry.name for entry in folder.iterdir()):
            if written is None or name not in written:
                others += [] if name == MARKER or is_temporary(name) else [name]
            elif not _is_unchanged(folder / name, written[name]):
                changed.append(name)
        # Another command may have replaced the folder meanwhile.
        if written == _written(folder, command):
            return written, others, changed


def _written(folder: Path, command: str) -> dict[str, str] | None:
    """What the marker of a folder says that a command wrote, with SHA-256; None: that command did not."""
    try:
        record: Any = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return dict(record["files"]) if record["command"] == command else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_unchanged(file: Path, checksum: str) -> bool:
    try:
        return file.is_file() and not file.is_symlink() and sha256_of(file) == checksum
    except OSError:
        return False


def _is_kept_by_its_folder(file: Path) -> bool:
    """Whether only others may replace a file, as in /tmp."""
    folder = file.parent.stat()
    return bool(folder.st_mode & stat.S_ISVTX) and os.geteuid() not in (0, folder.st_uid, file.stat().st_uid)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _refuse_input(output: int | Path | None, name: str | Path, inputs: Iterable[str | Path]) -> None:
    """Raises UsageError for a regular file that is one of the inputs; reading what one writes need not end."""
    status = _status(output)
    if status is None or not stat.S_ISREG(status.st_mode):
        return
    for given in inputs:
        other = _status(0 if given == STDIN else given)
        if other is not None and os.path.samestat(status, other):
            raise UsageError(f"{name} is an input, {given}: write to another file")


def _status(file: int | str | Path | None) -> os.stat_result | None:
    try:
        return None if file is None else os.stat(file)
    except (OSError, ValueError):
        return None

"""Writing folders so that nothing is half-written: a temporary neighbour replaces the target in one step."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bert_mrc_theseus.files.atomic_files import naming_errors
from bert_mrc_theseus.files.exchange import exchange
from bert_mrc_theseus.files.places import cannot_be_replaced
from bert_mrc_theseus.files.temporary_files import ASIDE, is_temporary, remove_leftovers, temporary_folder


@contextmanager
def atomic_folder(path: str | Path, carry: Callable[[Path], None] | None = None) -> Iterator[Path]:
    """Yields an empty temporary folder that replaces `path` when the block ends without an error.

    After any error, and at any moment of a killed command, the folder that stood at `path` stands there still, or the new one
    does. Of a symbolic link the target is replaced. A folder that cannot be replaced, because it is a mount point or the
    current folder, is filled, if it is empty. One that has no file in common with the new one is something else, and is not
    replaced.

    Args:
        path: the folder.
        carry: gets the new folder when it is complete; brings along what is to be kept of the old one, whatever that is.

    Raises:
        OSError: the folder cannot be written or replaced; its `filename` is the path, and a note says what is there now.
    """
    target = Path(os.path.realpath(path))
    fill = cannot_be_replaced(target)
    note = f"{path} is as it was before" if target.exists() else f"{path} was not written"
    with naming_errors(path, note):
        with naming_errors(path, always=True):
            if target.exists() and not target.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
            beside = target if fill else target.parent
            beside.mkdir(parents=True, exist_ok=True)
            remove_leftovers(beside)
            place = ExitStack()
            new = place.enter_context(temporary_folder(beside)) / (target.name or "new")
        with place:
            new.mkdir()
            try:
                yield new
            except OSError as error:
                # Nobody knows the temporary folder, and it will be gone.
                if error.filename is not None and Path(str(error.filename)).is_relative_to(new):
                    error.filename, error.__notes__ = str(path), []
                raise
            with naming_errors(path, always=True):
                _finish(new)
                if carry is not None:
                    carry(new)
                else:
                    _refuse_something_else(new, target)
                _fill(new, target) if fill else _put_in_place(new, target)


def _finish(folder: Path) -> None:
    """Everything is on the disk, and as readable as the folder is: some libraries keep what they write from others."""
    readable = stat.S_IMODE(folder.stat().st_mode) & 0o666
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            file.chmod(stat.S_IMODE(file.stat().st_mode) | readable)
            with open(file, "rb") as stream:
                os.fsync(stream.fileno())


def _refuse_something_else(new: Path, target: Path) -> None:
    """Raises OSError if a folder would replace one of another kind."""
    old = {name for name in os.listdir(target) if not is_temporary(name)} if target.is_dir() else set()
    if old and not old & set(os.listdir(new)):
        raise OSError(errno.EEXIST, "it exists already and holds something else", str(target))


def _put_in_place(new: Path, target: Path) -> None:
    """Lets a folder replace another one, or nothing; what was replaced is then where `new` was, or gone."""
    while True:
        if not target.exists():
            try:
                os.rename(new, target)
            except OSError as error:
                # Another command was faster: its folder is replaced.
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return
        elif exchange(new, target):
            return
        else:
            with temporary_folder(target.parent, ASIDE) as aside:
                os.rename(target, aside / target.name)
                os.rename(new, target)
            return


def _fill(new: Path, target: Path) -> None:
    """Moves a folder's files into an empty one."""
    if any(not is_temporary(entry.name) for entry in target.iterdir()):
        raise OSError(errno.ENOTEMPTY, "it cannot be replaced in one step, and it is not empty", str(target))
    for entry in sorted(new.iterdir()):
        os.rename(entry, target / entry.name)

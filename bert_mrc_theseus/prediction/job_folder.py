"""The folder of a job's outputs: for one command at a time, which goes on with what one of the same kind had begun."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.atomic_files import atomic_write, naming_errors
from bert_mrc_theseus.files.places import check_place
from bert_mrc_theseus.files.reading import read_text
from bert_mrc_theseus.files.remote_files import remote_within
from bert_mrc_theseus.files.temporary_files import try_lock
from bert_mrc_theseus.files.trees import Place, below, is_file, names_below
from bert_mrc_theseus.output.json_streams import json_text

JOB = "job.json"
"""In the folder of outputs: what they depend on."""


def check_job_folder(out: Place, given: Place) -> None:
    """Refuses a folder that could not be written, or that holds what `predict-ray` did not write.

    Args:
        out: the folder.
        given: what is read.

    Raises:
        UsageError: see above; or it lies in what is read, which would then be read too.
        DataError: see `remote_files.is_remote_file`.
    """
    if isinstance(out, str):
        if isinstance(given, str) and (remote_within(out, given) or remote_within(given, out)):
            raise _lie_in_each_other(out, given)
        if is_file(out):
            raise UsageError(f"{out} is no folder: name a folder to write")
        if not is_file(below(out, JOB)) and names_below(out):
            raise _not_ours(out)
        return
    check_place(out)
    if isinstance(given, Path) and (
        out.resolve().is_relative_to(given.resolve()) or given.resolve().is_relative_to(out.resolve())
    ):
        raise _lie_in_each_other(out, given)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is no folder: name a folder to write")
    if out.is_dir() and any(out.iterdir()) and not (out / JOB).is_file():
        raise _not_ours(out)


@contextmanager
def job_folder(out: Place, depends_on: Mapping[str, Any], files: Mapping[str, Sequence[Any]]) -> Iterator[None]:
    """The folder of outputs, new or begun, for one command at a time; that two are at one address is not noticed.

    Args:
        out: the folder.
        depends_on: what must be the same to go on, by name.
        files: size and time of each input, see `trees.stamp`; those that are known must be the same, others may have come.

    Raises:
        UserError: what was begun depends on something else, or another command is at it.
        DataError: see `remote_files.is_remote_file`.
    """
    if isinstance(out, str):
        file = str(below(out, JOB))
        text = read_text(file) if is_file(file) else ""
        found, asked = _compared(out, text, depends_on, files)
        if asked != found:
            with atomic_write(file) as stream:
                stream.write(json_text(asked) + "\n")
        yield
        return
    with naming_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with naming_errors(out / JOB), open(out / JOB, "a+", encoding="utf-8") as stream:
        if not try_lock(stream.fileno()):
            raise UserError(f"another command is writing {out}")
        stream.seek(0)
        found, asked = _compared(out, stream.read(), depends_on, files)
        if asked != found:
            stream.truncate(0)
            stream.write(json_text(asked) + "\n")
            stream.flush()
        yield


def _compared(
    out: Place, text: str, depends_on: Mapping[str, Any], files: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a job was begun with, as its file says it, and what it is gone on with.

    Raises:
        UserError: they do not go together.
    """
    try:
        # Empty: it was killed before it had begun.
        found = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise UserError(f"{below(out, JOB)} is damaged: remove it and what lies beside it to begin again") from error
    asked = json.loads(json.dumps({**depends_on, "files": files}))
    known = found.get("files", {})
    other = [name for name in depends_on if found and found.get(name) != asked[name]]
    other += [name for name in known if name in asked["files"] and known[name] != asked["files"][name]]
    if other:
        raise UserError(
            f"{out} was begun with other {', '.join(other)}: go on with the same, or name another folder to write"
        )
    asked["files"] = {**known, **asked["files"]}
    return found, asked


def _lie_in_each_other(out: Place, given: Place) -> UsageError:
    return UsageError(f"{out} and {given}, which is read, lie in each other: name another folder to write")


def _not_ours(out: Place) -> UsageError:
    return UsageError(f"{out} exists already and was not written by predict-ray: name another folder to write")

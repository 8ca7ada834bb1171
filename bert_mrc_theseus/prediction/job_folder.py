"""The folder of a job's outputs: for one command at a time, which goes on with what one of the same kind had begun."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.atomic_files import naming_errors
from bert_mrc_theseus.files.places import check_place
from bert_mrc_theseus.files.temporary_files import try_lock
from bert_mrc_theseus.output.json_streams import json_text

JOB = "job.json"
"""In the folder of outputs: what they depend on."""


def check_job_folder(out: Path, given: Path) -> None:
    """Refuses a folder that could not be written, or that holds what `predict-ray` did not write.

    Args:
        out: the folder.
        given: what is read.

    Raises:
        UsageError: see above; or it lies in what is read, which would then be read too.
    """
    check_place(out)
    if out.resolve().is_relative_to(given.resolve()) or given.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{out} and {given}, which is read, lie in each other: name another folder to write")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is no folder: name a folder to write")
    if out.is_dir() and any(out.iterdir()) and not (out / JOB).is_file():
        raise UsageError(f"{out} exists already and was not written by predict-ray: name another folder to write")


@contextmanager
def job_folder(out: Path, depends_on: Mapping[str, Any], files: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """The folder of outputs, new or begun, for one command at a time.

    Args:
        out: the folder.
        depends_on: what must be the same to go on, by name.
        files: size and time of each input; those that are known must be the same, others may have come.

    Raises:
        UserError: what was begun depends on something else, or another command is at it.
    """
    with naming_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with naming_errors(out / JOB), open(out / JOB, "a+", encoding="utf-8") as stream:
        if not try_lock(stream.fileno()):
            raise UserError(f"another command is writing {out}")
        stream.seek(0)
        text = stream.read()
        try:
            # Empty: it was killed before it had begun.
            found = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise UserError(f"{out / JOB} is damaged: remove it and what lies beside it to begin again") from error
        asked = json.loads(json.dumps({**depends_on, "files": files}))
        known = found.get("files", {})
        other = [name for name in depends_on if found and found.get(name) != asked[name]]
        other += [name for name in known if name in asked["files"] and known[name] != asked["files"][name]]
        if other:
            raise UserError(
                f"{out} was begun with other {', '.join(other)}: go on with the same, or name another folder to write"
            )
        asked["files"] = {**known, **asked["files"]}
        if asked != found:
            stream.truncate(0)
            stream.write(json_text(asked) + "\n")
            stream.flush()
        yield

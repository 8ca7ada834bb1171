"""Errors that a user can act on.

Every message says what is wrong, where (file and line when there is one) and what to do. The command line prints the
message alone, without a traceback; a traceback therefore always means a bug in this project.
"""

from pathlib import Path


def printable(path: str | Path) -> str:
    """A path as text that can be written anywhere: bytes of a file's name that are not UTF-8 are escaped."""
    return str(path).encode("utf-8", "backslashreplace").decode("utf-8")


PARTIAL = 3
"""Exit status of a command that is done but had to leave out records that could not be read or written."""


class UserError(Exception):
    """Something the user can put right. `str(error)` is the whole message.

    Attributes:
        exit_status: of a command that ends with it.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> try:
        ...     bmt.Extractor.load("no/such/folder")
        ... except bmt.UserError as error:
        ...     print(type(error).__name__)
        ModelError
    """

    exit_status = 1


class UsageError(UserError):
    """The command line, or the call, is wrong: a value out of bounds, a name that is not known, an output that cannot be.
    Nothing was begun.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> try:
        ...     bmt.training.TrainingConfig(learning_rate=0)
        ... except bmt.UsageError as error:
        ...     print(error)
        learning_rate is greater than 0. Received: 0
    """

    exit_status = 2


class DataError(UserError):
    """A record or file that cannot be read.

    Args:
        problem: what is wrong, in one line.
        path: the file, if there is one.
        line: 1-based line number in that file.
        hint: what to do about it.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> str(bmt.DataError("not JSON", "a.jsonl", 3, "one record a line"))
        'a.jsonl:3: not JSON (one record a line)'
    """

    def __init__(self, problem: str, path: str | Path | None = None, line: int | None = None, hint: str = ""):
        self.problem, self.path, self.line, self.hint = problem, path, line, hint
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(printable(f"{where}{problem}" + (f" ({hint})" if hint else "")))


class ModelError(UserError):
    """A model folder or checkpoint that is incomplete, inconsistent, or from another version.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> try:
        ...     bmt.model_files.load_model("no/such/folder")
        ... except bmt.ModelError as error:
        ...     print(error)
        no/such/folder is not a complete model folder: ... missing (there is no such folder)
    """


class TrainingError(UserError):
    """Training cannot go on (for example, the loss is no longer finite). The last good checkpoint is kept.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> issubclass(bmt.TrainingError, bmt.UserError)
        True
    """

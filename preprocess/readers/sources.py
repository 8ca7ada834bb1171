"""Files as readers read them: in the encoding that the user names, a line or a record at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.files.reading import BYTE_ORDER_MARK, read_lines
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING
from bert_mrc_theseus.text.documents import TEXT
from bert_mrc_theseus.text.json_records import Json, json_records, parse_json

from .read_report import ReadReport


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user says about files that do not say it themselves.

    Attributes:
        encoding: of the files.
        text_field: the field of a JSON record, or the column of a table, that holds the text.
        tag_column: 1-based number of the column that holds the tag; None: the last.
        id_field: the field, or column, that holds the id; None: "id", where it is.
    """

    encoding: str = DEFAULT_ENCODING
    text_field: str = TEXT
    tag_column: int | None = None
    id_field: str | None = None


DEFAULTS = ReadOptions()


def source_lines(path: str | Path, options: ReadOptions, on_error: OnError | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines of a file, plain or gz, without the byte order marks that stand in the middle of files that were joined.

    One with a blank behind it is a character of the text.

    Args:
        path: the file.
        options: its encoding.
        on_error: see `reading.read_lines`.
    """
    for number, line in read_lines(path, on_error, options.encoding, keep_mark=True):
        marked = line.startswith(BYTE_ORDER_MARK) and line[1:2] not in (" ", "\t")
        yield number, line[1:] if marked else line


def json_lines(path: str | Path, report: ReadReport, options: ReadOptions) -> Iterator[tuple[int, Json]]:
    """The values of JSONL with their lines; blank lines are skipped, and what is no JSON is a bad record."""
    for number, line in source_lines(path, options, report.bad_record):
        if not line.strip():
            continue
        try:
            value = parse_json(line, path, number)
        except DataError as error:
            report.bad_record(error)
        else:
            yield number, value


def json_list(text: str, path: str | Path, report: ReadReport) -> Iterator[tuple[int, Json]]:
    """The items of a JSON list with the lines on which they begin; what cannot be kept as it is, is a bad record.

    Args:
        text: the whole file.
        path: for messages.
        report: gets bad records.

    Raises:
        DataError: the text is not a JSON list.
    """
    if not text.lstrip().startswith("["):
        raise DataError("expected a JSON list of records", path)
    yield from json_records(text, path, report.bad_record)

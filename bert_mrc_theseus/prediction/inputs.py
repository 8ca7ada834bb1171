"""What prediction reads: text (a document a line, or the whole file), JSONL, JSON, folders of these, standard input; plain or
gz. A record that cannot be read is reported and left out, and the rest goes on.

A file is what its name says (`.jsonl` and `.ndjson`, `.json`, else text, in any case), unless the user says what it is. JSON
is never searched as text unasked: text that begins as JSON does is refused.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.files.raw_lines import OnError, open_binary
from bert_mrc_theseus.files.reading import decode_lines, decode_text
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING
from bert_mrc_theseus.text.documents import TEXT, Document
from bert_mrc_theseus.text.interchange import document_from_dict, parse_documents
from bert_mrc_theseus.text.json_records import json_records

STDIN = "-"
SUFFIXES = (".txt", ".jsonl", ".ndjson")
"""Of the files that a folder is searched for."""

FORMS = ("auto", "text", "jsonl", "json")
"""What a file can be; auto: what its name says."""

SHOWN = 60
"""Characters of a path in a message: a text that was given as one may be long."""

_JSON_START = re.compile(r'\s*(\{\s*("|$)|\[\s*(\{|"|$))')


def find_inputs(paths: Iterable[str]) -> list[str]:
    """The files to read, in order: folders are searched for .txt, .jsonl and .ndjson (.gz too), sorted by name.

    Raises:
        UsageError: a path does not exist.
        DataError: a folder has no such file.
    """
    files: list[str] = []
    for path in paths:
        if path == STDIN:
            files.append(path)
        elif os.path.isdir(path):
            inside = sorted(
                str(file)
                for file in Path(path).rglob("*")
                if file.is_file() and file.name.lower().removesuffix(".gz").endswith(SUFFIXES)
            )
            if not inside:
                raise DataError(f"the folder has no {' or '.join(SUFFIXES)} file", path)
            files += inside
        elif os.path.exists(path):
            # A file, or a pipe or device that the shell made one of.
            files.append(path)
        else:
            named = path if len(path) <= SHOWN else f"{path[:SHOWN]}..."
            raise UsageError(f"{printable(named)}: no such file or folder (to predict a text: predict --text TEXT)")
    return files


def texts_as_documents(texts: Iterable[str]) -> Iterator[Document]:
    """Texts that stand on the command line, as documents: `text:1`, `text:2` ..."""
    return (Document(f"text:{number}", text) for number, text in enumerate(texts, 1))


def read_inputs(
    files: Iterable[str],
    on_error: OnError,
    whole_files: bool = False,
    encoding: str = DEFAULT_ENCODING,
    form: str = "auto",
    text_field: str = TEXT,
) -> Iterator[Document]:
    """Documents without entities, in order.

    A line's id is `file:line`; an empty line is an empty document, so that results can be matched by line. A JSON record has
    the form of `documents`: its own id and further fields are kept, its entities and what it says of them ("annotated") are
    dropped. A JSON file is a list of records or of texts, or one after another; it is read whole, and the id of an item
    without one is `file:number`.

    Args:
        files: see `find_inputs`.
        on_error: gets the error of each file or record that cannot be read.
        whole_files: a text file is one document, with its line ends as they are.
        encoding: of all files.
        form: in `FORMS`, for all files.
        text_field: the field of a JSON record that holds the text.
    """
    for name in files:
        try:
            if name == STDIN:
                if sys.stdin is None:
                    raise DataError("standard input is closed", "stdin")
                stream: Iterable[bytes] = sys.stdin.buffer
                yield from _read(stream, "stdin", on_error, whole_files, encoding, form, text_field)
            else:
                with open_binary(name) as stream:
                    yield from _read(stream, printable(name), on_error, whole_files, encoding, form, text_field)
        except DataError as error:
            on_error(error)


def _read(
    stream: Iterable[bytes],
    name: str,
    on_error: OnError,
    whole_files: bool,
    encoding: str,
    form: str,
    text_field: str,
) -> Iterator[Document]:
    kind = form_of(name) if form == "auto" else form
    if kind == "jsonl":
        lines = decode_lines(stream, name, on_error, encoding)
        for document in parse_documents(lines, name, on_error, f"{name}:", text_field):
            yield replace(document, entities=(), annotated=None)
    elif kind == "json":
        yield from _json_documents(decode_text(stream, name, encoding), name, on_error, text_field)
    elif whole_files:
        text = decode_text(stream, name, encoding)
        if form == "auto":
            _refuse_json(text.lstrip().partition("\n")[0], name)
        yield Document(name, text)
    else:
        lines = decode_lines(stream, name, on_error, encoding)
        first = next(lines, None)
        if first is not None and form == "auto":
            _refuse_json(first[1], name)
        for number, line in chain([] if first is None else [first], lines):
            yield Document(f"{name}:{number}", line)


def form_of(name: str) -> str:
    """What a file's name says it is: "text", "jsonl" or "json"."""
    suffix = os.path.splitext(name.lower().removesuffix(".gz"))[1]
    return {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}.get(suffix, "text")


def _refuse_json(line: str, name: str) -> None:
    """Looks at the first line of a text.

    Raises:
        DataError: it looks like the beginning of JSON.
    """
    if _JSON_START.match(line):
        raise DataError(
            "this looks like JSON, and would be searched as text",
            name,
            hint=f"say what it is with --input-format {', '.join(FORMS[1:])}",
        )


def _json_documents(text: str, name: str, on_error: OnError, text_field: str) -> Iterator[Document]:
    for number, (line, record) in enumerate(json_records(text, name, on_error), 1):
        default = f"{name}:{number}"
        try:
            if isinstance(record, str):
                yield Document(default, record)
            else:
                document = document_from_dict(record, default, text_field)
                yield replace(document, entities=(), annotated=None)
        except ValueError as error:
            on_error(DataError(str(error), name, line))

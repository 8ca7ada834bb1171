"""What prediction reads: text files (a document a line, or the whole file), JSONL, folders of these, standard input; plain or
gz. A record that cannot be read is reported and left out, and the rest goes on.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files import OnError, decode_lines, decode_text, open_binary
from bert_mrc_theseus.text.documents import Document, parse_documents

STDIN = "-"
SUFFIXES = (".txt", ".jsonl")


def find_inputs(paths: Iterable[str]) -> list[str]:
    """The files to read, in order: folders are searched for .txt and .jsonl (.gz too), sorted by name.

    Raises:
        DataError: a path does not exist, or a folder has no such file.
    """
    files: list[str] = []
    for path in paths:
        if path == STDIN or Path(path).is_file():
            files.append(path)
        elif Path(path).is_dir():
            inside = sorted(
                str(file)
                for file in Path(path).rglob("*")
                if file.is_file() and file.name.removesuffix(".gz").endswith(SUFFIXES)
            )
            if not inside:
                raise DataError(f"the folder has no {' or '.join(SUFFIXES)} file", path)
            files += inside
        else:
            raise DataError("no such file or folder", path)
    return files


def read_inputs(files: Iterable[str], on_error: OnError, whole_files: bool = False) -> Iterator[Document]:
    """Documents without entities, in order.

    A line's id is `file:line`; an empty line is an empty document, so that results can be matched by line. A JSONL record
    has the form of `documents`; its own id is kept and its entities are dropped.

    Args:
        files: see `find_inputs`.
        on_error: gets the error of each file or record that cannot be read.
        whole_files: a text file is one document, with its line ends as they are.
    """
    for name in files:
        try:
            if name == STDIN:
                yield from _read(sys.stdin.buffer, "stdin", on_error, whole_files)
            else:
                with open_binary(name) as stream:
                    yield from _read(stream, name, on_error, whole_files)
        except DataError as error:
            on_error(error)


def _read(stream: Iterable[bytes], name: str, on_error: OnError, whole_files: bool) -> Iterator[Document]:
    if name.removesuffix(".gz").endswith(".jsonl"):
        lines = decode_lines(stream, name, on_error)
        for document in parse_documents(lines, name, on_error, prefix=f"{name}:"):
            yield replace(document, entities=())
    elif whole_files:
        yield Document(name, decode_text(stream, name))
    else:
        for number, line in decode_lines(stream, name, on_error):
            yield Document(f"{name}:{number}", line)

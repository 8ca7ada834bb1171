"""Which files are tables, and what reads them."""

import os
from pathlib import Path
from typing import BinaryIO

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.packed_files import is_packed, unpacked_name
from bert_mrc_theseus.files.raw_lines import OnError
from bert_mrc_theseus.tables.arrow_files import open_arrow, open_parquet
from bert_mrc_theseus.tables.columns import Table
from bert_mrc_theseus.tables.delimited import DELIMITERS, DelimitedTable

SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".csv": "csv",
    ".tsv": "tsv",
}
"""What a file is, by the end of its name."""

TYPED = ("parquet", "arrow")
"""Kinds whose columns have types. They are compressed inside."""

KINDS = (*TYPED, *DELIMITERS)


def kind_of_name(path: str | Path) -> str | None:
    """The kind of table that a file's name says; None: none."""
    return SUFFIXES.get(os.path.splitext(unpacked_name(path))[1])


def open_table(stream: BinaryIO, kind: str, text: str, path: str | Path, on_error: OnError, encoding: str) -> Table:
    """A table to be read.

    Args:
        stream: of its bytes.
        kind: in `KINDS`.
        text: name of the column with the texts.
        path: for messages.
        on_error: gets the error of each line that cannot be decoded.
        encoding: of CSV and TSV.

    Raises:
        DataError: it is no such table, or has no such column.
        UserError: a library is missing that reads it.
    """
    if kind in DELIMITERS:
        return DelimitedTable(stream, DELIMITERS[kind], text, path, on_error, encoding)
    if is_packed(path):
        raise DataError(f"{kind} is compressed inside, and not read in gz or zst", path, hint="unpack it first")
    return (open_parquet if kind == "parquet" else open_arrow)(stream, text, path)

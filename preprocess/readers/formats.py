"""The formats that can be read, by name."""

from collections.abc import Callable, Iterable
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Document

from .brat import read_brat
from .columns import read_cesu8_columns, read_columns, read_parallel, read_two_line, read_uner, read_weibo
from .marked_text import read_pfr, read_raw, read_raw_file, read_segments
from .silver import read_silver
from .span_formats import (
    read_cluener,
    read_cmeee,
    read_cmeee_text,
    read_doccano,
    read_interchange,
    read_label_studio,
    read_mrc,
    read_span_tsv,
)

Reader = Callable[..., Iterable[Document]]
"""Takes a path and a `ReadReport`."""

READERS: dict[str, Reader] = {
    "jsonl": read_interchange,
    "columns": read_columns,
    "two-line": read_two_line,
    "parallel": read_parallel,
    "weibo": read_weibo,
    "weibo-cesu8": read_cesu8_columns,
    "uner": read_uner,
    "cluener": read_cluener,
    "cmeee": read_cmeee,
    "cmeee-text": read_cmeee_text,
    "span-tsv": read_span_tsv,
    "mrc": read_mrc,
    "brat": read_brat,
    "doccano": read_doccano,
    "label-studio": read_label_studio,
    "pfr": read_pfr,
    "segments": read_segments,
    "raw": read_raw,
    "raw-file": read_raw_file,
    "silver": read_silver,
}
"""The readers by their formats' names. What the library writes: `bert_mrc_theseus.output.write.WRITERS`."""


def reader_of(name: str) -> Reader:
    """The reader of a format.

    Raises:
        DataError: no such format.
    """
    if name not in READERS:
        raise DataError(f"unknown format {name!r}", hint=f"one of {', '.join(READERS)}")
    return READERS[name]


def source_files(path: str | Path) -> list[Path]:
    """The files behind a path as readers take it: a file, a folder, `PATH#FOLDER` or `CHARACTERS,TAGS`."""
    parts = [Path(part.partition("#")[0]) for part in str(path).split(",")]
    return [file for part in parts for file in (sorted(part.rglob("*")) if part.is_dir() else [part]) if file.is_file()]

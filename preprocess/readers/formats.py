"""The formats that can be read, by name."""

from collections.abc import Callable, Iterable
from functools import partial

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.files.text_encoding import DEFAULT_ENCODING, check_encoding
from bert_mrc_theseus.tables.kinds import KINDS, TYPED
from bert_mrc_theseus.text.documents import TEXT, Document

from .brat import read_brat
from .columns import read_columns
from .hf_datasets import read_hf
from .label_studio import read_label_studio
from .marked_text import read_pfr, read_raw, read_raw_file, read_segments
from .silver import read_silver
from .sources import ReadOptions
from .span_formats import (
    read_cluener,
    read_cmeee,
    read_cmeee_text,
    read_doccano,
    read_interchange,
    read_mrc,
    read_span_tsv,
)
from .tables import read_table
from .tag_lines import read_parallel, read_two_line
from .uner import read_uner
from .weibo import read_cesu8_columns, read_weibo

Reader = Callable[..., Iterable[Document]]
"""Takes a path, a `ReadReport` and `ReadOptions`."""

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
    "hf": read_hf,
    "pfr": read_pfr,
    "segments": read_segments,
    "raw": read_raw,
    "raw-file": read_raw_file,
    "silver": read_silver,
    **{kind: partial(read_table, kind=kind) for kind in KINDS},
}
"""The readers by their formats' names. What the library writes: `bert_mrc_theseus.output.formats.WRITERS`."""


def reader_of(name: str) -> Reader:
    """The reader of a format.

    Raises:
        UsageError: no such format.
    """
    if name not in READERS:
        raise UsageError(f"unknown format {name!r} (one of {', '.join(READERS)})")
    return READERS[name]


TEXT_FIELD_FORMATS = ("jsonl", "doccano", "label-studio", *KINDS)
ID_FIELD_FORMATS = ("jsonl", *KINDS)
TAG_COLUMN_FORMATS = ("columns",)
FIXED_ENCODING_FORMATS = ("weibo-cesu8", "hf", *TYPED)


def check_options(name: str, options: ReadOptions) -> None:
    """Refuses options that a format would not look at.

    Raises:
        UsageError: it would not, or there is no such encoding or column.
    """
    if check_encoding(options.encoding) != DEFAULT_ENCODING and name in FIXED_ENCODING_FORMATS:
        raise UsageError(f"the format {name} has its own encoding: leave --encoding out")
    if options.text_field != TEXT and name not in TEXT_FIELD_FORMATS:
        raise UsageError(f"--text-field is for --format {', '.join(TEXT_FIELD_FORMATS)}, not {name}")
    if options.id_field is not None and name not in ID_FIELD_FORMATS:
        raise UsageError(f"--id-field is for --format {', '.join(ID_FIELD_FORMATS)}, not {name}")
    if options.tag_column is not None and name not in TAG_COLUMN_FORMATS:
        raise UsageError(f"--tag-column is for --format {', '.join(TAG_COLUMN_FORMATS)}, not {name}")
    if options.tag_column is not None and options.tag_column < 2:
        raise UsageError(f"--tag-column is 2 or more: column 1 holds the tokens. Received: {options.tag_column}")

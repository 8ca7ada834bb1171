"""Tables with a column of texts and one of entities: Parquet, Arrow, CSV, TSV, as `predict` writes them.

Entities are a list of structs with start, end and type, in CSV and TSV as JSON. Where they are missing (null, an empty cell)
nobody has annotated the text.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bert_mrc_theseus.files.raw_lines import open_binary
from bert_mrc_theseus.tables.delimited import DELIMITERS
from bert_mrc_theseus.tables.kinds import open_table
from bert_mrc_theseus.tables.read import check_record_names, documents_of_records
from bert_mrc_theseus.text.documents import Document

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions

ENTITIES = "entities"


def read_table(
    path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS, *, kind: str
) -> Iterator[Document]:
    """A table; further columns are further fields of the documents.

    Args:
        path, report, options: see `formats.Reader`.
        kind: in `tables.kinds.KINDS`.
    """
    missing: Counter[str] = Counter()
    with open_binary(path) as stream:
        try:
            table = open_table(stream, kind, options.text_field, path, report.bad_record, options.encoding)
            table.columns.index(ENTITIES, path)
            check_record_names(table, path, options.text_field, options.id_field)
            yield from documents_of_records(
                table,
                path,
                report.bad_record,
                missing,
                options.text_field,
                options.id_field,
                parsed=(ENTITIES, "annotated", "silver") if kind in DELIMITERS else (),
                needed=ENTITIES,
            )
        finally:
            report.missing_texts += missing["texts"]
            report.unannotated += missing[ENTITIES]

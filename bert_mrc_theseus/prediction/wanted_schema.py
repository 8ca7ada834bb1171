"""Which types are looked for: the model's own, some of them, or those of a query file."""

from collections.abc import Sequence
from pathlib import Path

from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.text.schema import DEFAULT_STYLE, Schema, read_queries


def wanted_schema(
    folder: str | Path,
    schema: Schema | None,
    queries: str | Path | None,
    style: str = DEFAULT_STYLE,
    types: Sequence[str] | None = None,
) -> Schema | None:
    """The types to look for; None: the model's own.

    Args:
        folder: model folder.
        schema: types to look for, instead of the model's own.
        queries: file with them, see `schema.read_queries`; instead of `schema`.
        style: which text of that file is the query.
        types: names of those to look for; default: all.

    Raises:
        UserError: there is no such type.
        UsageError: a style without a query file.
        DataError: the query file cannot be read.
    """
    if queries is None and style != DEFAULT_STYLE:
        raise UsageError(
            f"style {style!r} chooses a text of a query file: give that file too (queries), or leave it out"
        )
    if queries is not None:
        schema = read_queries(queries, style)
    if types is not None:
        # Before the model is loaded, which takes longer.
        schema = (schema or load_spec(folder).schema).only(types)
    return schema

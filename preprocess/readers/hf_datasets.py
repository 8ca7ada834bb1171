"""Hugging Face datasets for token classification: a list of tokens and a list of tags a row.

Read are a dataset that `save_to_disk` wrote, and a Parquet file that `to_parquet` wrote or a hub has. Tags are numbers, whose
names (`ClassLabel`) lie in the dataset's features, or strings. A row's number stands where other formats have a line's.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import id_of_record

from .read_report import ReadReport
from .sources import DEFAULTS, ReadOptions
from .tagged import Tagged, tagged_documents

TOKENS, TAGS = "tokens", "ner_tags"
"""What the columns are mostly called."""

Rows = Iterable[Mapping[str, list]]
"""Columns by name, some rows at a time."""


def read_hf(path: str | Path, report: ReadReport, options: ReadOptions = DEFAULTS) -> Iterator[Document]:
    """The documents of one split.

    The columns are `tokens` and `ner_tags`, or else the only one with lists of strings and the only one with lists of numbers
    that have names. Ids are those of a column `id`, if there is one.

    Args:
        path: a folder of `save_to_disk`, or a Parquet file.
        report: gets bad records.
        options: nothing of it matters to Parquet and Arrow.

    Raises:
        UserError: the library is not installed.
        DataError: it is no such folder or file, has several splits, or no such columns; or see `ReadReport.strict`.
    """
    features, batches = _opened(Path(path))
    tokens_column, tags_column, names = _columns(features, path)

    def records() -> Iterator[Tagged]:
        number = 0
        for batch in batches:
            ids = batch.get("id") or [None] * len(batch[tokens_column])
            for name, tokens, tags in zip(ids, batch[tokens_column], batch[tags_column], strict=True):
                number += 1
                try:
                    yield _tagged(name, number, tokens, tags, names)
                except ValueError as error:
                    report.bad_record(DataError(str(error), path, number))

    yield from tagged_documents(path, records(), report)


def _opened(path: Path) -> tuple[Mapping[str, Any], Rows]:
    """Features and rows of a dataset.

    Raises:
        UserError, DataError: see `read_hf`.
    """
    try:
        import datasets
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise UserError(f"{error}. The format hf needs it: pip install 'bert-mrc-theseus[datasets]'") from error
    if (path / "dataset_dict.json").is_file():
        splits = sorted(file.parent.name for file in path.glob("*/state.json"))
        raise DataError(f"several splits: {', '.join(splits)}", path, hint="name one, such as FOLDER/train")
    try:
        if path.is_dir():
            dataset = datasets.load_from_disk(str(path))
            return dataset.features, dataset.with_format(None).iter(1000)
        file = pyarrow.parquet.ParquetFile(path)
        return (
            datasets.Features.from_arrow_schema(file.schema_arrow),
            (batch.to_pydict() for batch in file.iter_batches(1000)),
        )
    except (ValueError, OSError, KeyError, TypeError) as error:  # pyarrow's errors are of these
        hint = "it is a folder of save_to_disk, or a Parquet file"
        raise DataError(f"cannot be read as a dataset: {error}", path, hint=hint) from error


def _columns(features: Mapping[str, Any], path: str | Path) -> tuple[str, str, list[str] | None]:
    """The column of tokens, that of tags, and the tags' names, None if they are strings.

    Raises:
        DataError: there are none, or it is not said which.
    """
    items: dict[str, Any] = {name: getattr(feature, "feature", None) for name, feature in features.items()}
    strings = [name for name, item in items.items() if getattr(item, "dtype", None) == "string"]
    named = {name: list(item.names) for name, item in items.items() if getattr(item, "names", None)}
    tags = (
        TAGS
        if TAGS in (*strings, *named)
        else _only(list(named), "ClassLabel (numbers with names)", TAGS, features, path)
    )
    tokens = _only([name for name in strings if name != tags], "strings", TOKENS, features, path)
    return tokens, tags, named.get(tags)


def _only(columns: list[str], kind: str, preferred: str, features: Mapping[str, Any], path: str | Path) -> str:
    if preferred in columns:
        return preferred
    if len(columns) != 1:
        problem = f"{len(columns)} columns with lists of {kind}, and none of them is {preferred!r}"
        there = ", ".join(f"{name} ({feature})" for name, feature in features.items())
        raise DataError(
            f"{problem}; the columns are {there}", path, hint="rename or cast it: rename_column, cast_column"
        )
    return columns[0]


def _tagged(name: Any, number: int, tokens: Any, tags: Any, names: list[str] | None) -> Tagged:
    """A row.

    Raises:
        ValueError: a value is missing, there are not as many tags as tokens, or a tag has no name.
    """
    if not isinstance(tokens, list) or not isinstance(tags, list) or None in tokens or None in tags:
        raise ValueError("tokens or tags are missing")
    if len(tokens) != len(tags):
        raise ValueError(f"{len(tokens)} tokens but {len(tags)} tags")
    if names is not None:
        unknown = [tag for tag in tags if not 0 <= tag < len(names)]
        if unknown:
            raise ValueError(f"a tag is {unknown[0]}, and there are {len(names)} names, from 0 on")
        tags = [names[tag] for tag in tags]
    return Tagged(str(id_of_record(name, number)), tokens, tags, number, one_line=True)

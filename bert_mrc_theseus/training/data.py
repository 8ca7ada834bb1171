"""The documents of a training: a data folder, as `preprocess` writes it."""

from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.encoders import check_encoder
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import read_documents
from bert_mrc_theseus.text.schema import DEFAULT_STYLE, Schema, read_queries
from bert_mrc_theseus.text.word_lists import sources_of
from bert_mrc_theseus.training.config import NewPredecessor


@dataclass(frozen=True)
class TrainingData:
    """Training and dev documents of a data folder, with what identifies them.

    Attributes:
        train, dev: documents with their entities.
        schema: entity types and their queries.
        checksums: SHA-256 of the two files, by name.
    """

    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    schema: Schema
    checksums: dict[str, str]


def check_start(folder: Path, new: NewPredecessor) -> None:
    """Looks whether a new predecessor can be begun, before anything costly is loaded: its encoder, queries and lexicons.

    Args:
        folder: the data folder.
        new: what it should be.

    Raises:
        UsageError: there is no such encoder or lexicon.
        DataError: a file of the data is absent, or the queries cannot be read, or have no text of that name.
    """
    check_encoder(new.encoder)
    _check_files(folder)
    read_queries(folder / "queries.toml", new.queries)
    if new.words:
        sources_of(new.lexicon)


def load_data(folder: Path, query_style: str = DEFAULT_STYLE) -> TrainingData:
    """Reads train.jsonl, dev.jsonl and queries.toml.

    Args:
        folder: the data folder.
        query_style: which text of queries.toml is the query.

    Raises:
        DataError: a file is absent or unreadable.
    """
    _check_files(folder)
    return TrainingData(
        tuple(read_documents(folder / "train.jsonl")),
        tuple(read_documents(folder / "dev.jsonl")),
        read_queries(folder / "queries.toml", query_style),
        {name: sha256_of(folder / name) for name in ("train.jsonl", "dev.jsonl")},
    )


def _check_files(folder: Path) -> None:
    for name in ("train.jsonl", "dev.jsonl", "queries.toml"):
        if not (folder / name).is_file():
            raise DataError(f"{name} is missing", folder, hint="make the folder with: bert-mrc-theseus preprocess")

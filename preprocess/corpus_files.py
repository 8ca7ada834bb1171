"""Known corpora -> documents: their files found, read, and their types named as ours."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bert_mrc_theseus.preprocess.corpora import CORPORA, SAMPLE

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.text.documents import Document

from .readers.formats import READERS
from .readers.read_report import ReadReport

VARIABLE = "BMT_CORPORA"


def query_file(corpus: str) -> Path | None:
    """The query file that belongs to a corpus, if there is one."""
    name = SAMPLE if corpus == SAMPLE else CORPORA[corpus].queries
    path = data_folder() / "queries" / f"{name}.toml"
    return path if name and path.is_file() else None


def corpus_files(name: str, folder: str | Path | None = None) -> dict[str, Path]:
    """The file of each split of a known corpus.

    Args:
        name: in `CORPORA`, or "sample".
        folder: the folder of all corpora, or the corpus' own; by default that of $BMT_CORPORA.

    Raises:
        UsageError: unknown corpus.
        DataError: its files are not there; says where to get them.
    """
    if name == SAMPLE:
        return {split: data_folder() / "sample" / f"{split}.jsonl" for split in ("train", "dev", "test")}
    if name not in CORPORA:
        raise UsageError(f"unknown corpus {name!r} (one of {', '.join([SAMPLE, *CORPORA])})")
    corpus = CORPORA[name]
    folder = folder or os.environ.get(VARIABLE)
    if not folder:
        raise DataError(
            f"the corpus {name} is not part of this project: get it from github.com/{corpus.source} "
            f"(licence: {corpus.licence}), and say where it is with --from FOLDER or the variable {VARIABLE}"
        )
    return {split: _find(Path(folder), relative, name) for split, relative in corpus.files.items()}


def _find(folder: Path, relative: str, name: str) -> Path:
    wanted, hash_sign, part = relative.partition("#")
    own = wanted.partition("/")[2]
    tried = [folder / wanted, folder / own, folder / Path(wanted).name]
    for path in tried:
        for candidate in (path, path.with_name(path.name + ".gz")):
            if candidate.is_file():
                return candidate.with_name(candidate.name + hash_sign + part)
    raise DataError(
        f"{name}: {Path(wanted).name} (or .gz) is not in {folder}",
        hint=f"get it from github.com/{CORPORA[name].source}; looked for {', '.join(map(str, tried))}",
    )


def read_split(name: str, split: str, path: Path, report: ReadReport) -> list[Document]:
    """Reads one split of a known corpus, with our type names."""
    corpus = CORPORA.get(name)
    if corpus is None:
        return list(READERS["jsonl"](path, report))
    rename = corpus.rename
    documents: Iterable[Document] = corpus.reader(path, report)
    if corpus.split_of is not None:
        documents = [document for document in documents if corpus.split_of(document.text) == split]
    if corpus.once:
        documents = _once(documents, report)
    return [replace(d, entities=tuple(replace(e, type=rename(e.type)) for e in d.entities)) for d in documents]


def _once(documents: Iterable[Document], report: ReadReport) -> list[Document]:
    """The first document of each text."""
    kept: dict[str, Document] = {}
    for document in documents:
        report.repeated_documents += kept.setdefault(document.text, document) is not document
    return list(kept.values())


def load_corpus(
    name: str, folder: str | Path | None = None, strict: bool = False
) -> dict[str, tuple[list[Document], ReadReport]]:
    """All splits of a corpus, each with what the reader noticed.

    Args:
        name: see `corpus_files`.
        folder: see `corpus_files`.
        strict: a bad record raises; otherwise it is skipped and counted, for some corpora are known to have a few.

    Raises:
        DataError: see `corpus_files`; or a bad record.
    """
    splits = {}
    for split, path in corpus_files(name, folder).items():
        report = ReadReport(strict=strict)
        documents = [replace(d, id=f"{split}-{d.id}") for d in read_split(name, split, path, report)]
        splits[split] = (documents, report)
    return splits

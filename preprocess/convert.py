"""Corpus files -> a data folder that training reads: train.jsonl, dev.jsonl, test.jsonl, queries.toml, corpus.json."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.errors import DataError, printable
from bert_mrc_theseus.files.atomic_files import atomic_write
from bert_mrc_theseus.files.reading import read_text
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.mrc.examples import WindowSize
from bert_mrc_theseus.output.unwritable import writable
from bert_mrc_theseus.outputs import check_output_folder, output_folder
from bert_mrc_theseus.provenance import package_version, write_json
from bert_mrc_theseus.text.dictionary import read_dictionary
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import write_documents
from bert_mrc_theseus.text.schema import read_queries

from .corpus_files import corpus_files, read_split
from .join import joined
from .readers.formats import check_options, reader_of
from .readers.paths import source_files
from .readers.read_report import ReadReport
from .readers.sources import DEFAULTS, ReadOptions
from .statistics import SplitStatistics, split_statistics
from .type_map import rename_types

COMMAND = "preprocess"
"""What wrote a data folder; see `outputs.output_folder`."""

MANIFEST = "corpus.json"
"""What is in a data folder and where it comes from."""

_PARTS = {MANIFEST, *(f"{split}.jsonl" for split in ("train", "dev", "test", "all"))}


@dataclass(frozen=True)
class Converted:
    """What `convert` wrote.

    Attributes:
        statistics: per split.
        reports: per split, what the reader noticed.
        dropped_leaks: training documents left out because dev or test has their text.
        missing_types: types of the data that the query file lacks.
    """

    statistics: dict[str, SplitStatistics]
    reports: dict[str, ReadReport]
    dropped_leaks: int
    missing_types: tuple[str, ...]


def check_data_folder(
    out: Path, files: Iterable[Path], others: Iterable[Path | None] = (), overwrite: bool = False
) -> None:
    """Refuses a folder that `convert` could not write, before anything is read.

    Args:
        out: the folder.
        files: of the corpus, as readers take them.
        others: query file, dictionary.
        overwrite: see `outputs.check_output_folder`.

    Raises:
        UsageError: see there.
    """
    sources = [file for path in files for file in source_files(path)]
    check_output_folder(out, COMMAND, overwrite, [*sources, *filter(None, others)])


def read_known(name: str, folder: str | Path | None) -> tuple[dict[str, Path], dict[str, list[Document]], dict]:
    """Files, documents and reports of a known corpus; its bad records are skipped and counted."""
    files = corpus_files(name, folder)
    reports = {split: ReadReport(strict=False) for split in files}
    return files, {split: read_split(name, split, path, reports[split]) for split, path in files.items()}, reports


def read_files(
    files: Mapping[str, Path],
    format_name: str,
    skip_bad: bool,
    dictionary: Path | None = None,
    options: ReadOptions = DEFAULTS,
) -> tuple[dict[str, Path], dict[str, list[Document]], dict]:
    """The same for a user's own files; a dictionary is for the format "silver"."""
    reader = reader_of(format_name)
    check_options(format_name, options)
    if dictionary is not None:
        reader = partial(reader, dictionary=read_dictionary(dictionary))
    reports = {split: ReadReport(strict=not skip_bad) for split in files}
    return dict(files), {split: list(reader(path, reports[split], options)) for split, path in files.items()}, reports


def hold_out(splits: dict[str, list[Document]], fraction: float, seed: int) -> dict[str, list[Document]]:
    """Moves a random share of train to dev, where a corpus has no dev.

    Raises:
        DataError: there is no train, or the share leaves one of the two empty.
    """
    train = splits.get("train", [])
    count = round(fraction * len(train))
    if not 0 < count < len(train):
        raise DataError(f"cannot take {fraction:.0%} of {len(train)} training documents as dev")
    chosen = set(np.random.default_rng(seed).choice(len(train), count, replace=False).tolist())
    dev = [document for i, document in enumerate(train) if i in chosen]
    return {**splits, "train": [d for i, d in enumerate(train) if i not in chosen], "dev": dev}


def convert(
    source: tuple[dict[str, Path], dict[str, list[Document]], dict[str, ReadReport]],
    out: Path,
    queries: Path | None,
    window: WindowSize,
    dev_fraction: float = 0.0,
    seed: int = 42,
    drop_leaks: bool = False,
    type_map: Mapping[str, str] | None = None,
    partly: bool = False,
    join: int = 0,
    backwards: Collection[str] = (),
    overwrite: bool = False,
) -> Converted:
    """Writes a data folder in one step: one that was there is replaced as a whole.

    A document that cannot be written is a bad record, see `ReadReport.bad_record`.

    Args:
        source: what `read_known` or `read_files` gave.
        out: the folder.
        queries: query file, copied to the folder.
        window: for the count of clipped entities.
        dev_fraction: share of train that becomes dev, if there is no dev.
        seed: of that choice.
        drop_leaks: leave out training documents whose text occurs in dev or test.
        type_map: see `type_map.rename_types`.
        partly: only the types that occur in the corpus were annotated, see `Document.annotated`.
        join: characters up to which neighbouring documents are joined, see `join.joined`; 0: none are.
        backwards: splits whose documents are in the reverse of the text's order.
        overwrite: replace a corpus that was changed, or write into a folder with files of others, which stay.

    Raises:
        UsageError: see `check_data_folder`.
        DataError: the files have no documents, or see `hold_out` and `type_map.rename_types`.
    """
    files, splits, reports = source
    check_data_folder(out, files.values(), [queries], overwrite)
    splits = {name: list(writable(documents, reports[name].bad_record)) for name, documents in splits.items()}
    if not any(splits.values()):
        errors = [message for report in reports.values() for message in report.errors]
        unannotated = sum(report.unannotated for report in reports.values())
        hint = "is the --format right?"
        hint += f"; {unannotated} texts are not annotated" if unannotated else ""
        hint += f"; the first of {len(errors)} errors: {errors[0]}" if errors else ""
        raise DataError("no documents found", next(iter(files.values()), None), hint=hint)
    splits = {name: [replace(d, id=f"{name}-{d.id}") for d in documents] for name, documents in splits.items()}
    if type_map:
        splits = rename_types(splits, type_map)
    dropped = 0
    if drop_leaks:
        splits, dropped = _without_leaks(splits)
    if join:
        splits = {name: list(joined(d[::-1] if name in backwards else d, join)) for name, d in splits.items()}
    if dev_fraction and "dev" not in splits:
        splits = hold_out(splits, dev_fraction, seed)
        if drop_leaks:
            splits, more = _without_leaks(splits)
            dropped += more
    statistics = split_statistics(splits, window)
    types = tuple(dict.fromkeys(kind for counts in statistics.values() for kind in counts.entities))
    if partly:
        splits = {
            name: [replace(d, annotated=types if d.annotated is None else d.annotated) for d in documents]
            for name, documents in splits.items()
        }
    missing: tuple[str, ...] = ()
    if queries is not None:
        known = read_queries(queries).names
        missing = tuple(kind for kind in types if kind not in known)
    with output_folder(out, COMMAND, overwrite, belongs=_PARTS.__contains__) as new:
        if queries is not None:
            with atomic_write(new / "queries.toml") as stream:
                stream.write(read_text(queries))
        for name, documents in splits.items():
            write_documents(new / f"{name}.jsonl", documents)
        write_json(
            new / MANIFEST,
            _manifest(files, splits, reports, statistics, new, window, dropped, type_map, partly, join),
        )
    return Converted(statistics, reports, dropped, missing)


def _without_leaks(splits: dict[str, list[Document]]) -> tuple[dict[str, list[Document]], int]:
    """The splits without the training documents whose text another split has, and how many they were."""
    elsewhere = {d.text for name, documents in splits.items() if name != "train" for d in documents}
    train = splits.get("train", [])
    kept = [d for d in train if d.text not in elsewhere]
    return {**splits, "train": kept} if train else splits, len(train) - len(kept)


def _checksum(file: Path) -> str | None:
    """None: it cannot be read, and was reported as a bad record."""
    try:
        return sha256_of(file)
    except OSError:
        return None


def _manifest(
    files: dict[str, Path],
    splits: dict[str, list[Document]],
    reports: dict[str, ReadReport],
    statistics: dict[str, SplitStatistics],
    out: Path,
    window: WindowSize,
    dropped: int,
    type_map: Mapping[str, str] | None,
    partly: bool,
    join: int,
) -> dict[str, Any]:
    sources = {
        split: {printable(file.name): _checksum(file) for file in source_files(path)} for split, path in files.items()
    }
    return {
        "version": package_version(),
        "sources": sources,
        "outputs": {name: sha256_of(out / f"{name}.jsonl") for name in splits},
        "window": asdict(window),
        "statistics": {name: counts.to_dict() for name, counts in statistics.items()},
        "noticed": {
            name: {**report.counts(), "errors": report.errors, **report.notes} for name, report in reports.items()
        },
        "dropped_leaks": dropped,
        "type_map": dict(type_map or {}),
        "partly": partly,
        "join": join,
    }

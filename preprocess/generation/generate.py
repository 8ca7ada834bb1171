"""Sentences of our own -> a data folder: each frame of the grammar several times, as long as it still says something new."""

import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.provenance import package_version, write_json
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import write_documents

from .grammar import Frame, Grammar, read_grammar
from .lexicons import NOTICE, lexicon_names
from .variety import NEAR, Variety, likeness, ngrams, variety

ATTEMPTS = 30
"""A sentence of a frame that is like an earlier one of it is made again at most so often; then the frame is done."""


def own_grammar() -> Path:
    """The folder of the grammar that comes with the package."""
    return data_folder() / "grammar"


def generated(grammar: Grammar, sentences: int, most: int, seed: int) -> Iterator[Document]:
    """Sentences of the grammar, in turns: one of each frame, then a second one of each that has one, and so on.

    Args:
        grammar: rules and frames.
        sentences: as many, or fewer if the frames do not give so many.
        most: of one frame.
        seed: of everything random; a frame's sentences do not depend on the other frames.

    Yields:
        Documents with ids "<frame>-<number>"; no two of a frame are near duplicates (see `variety.NEAR`).
    """
    rng = np.random.default_rng(seed)
    earlier: dict[str, list[frozenset[str]]] = {frame.id: [] for frame in grammar.frames}
    made = 0
    for turn in range(1, most + 1):
        frames = [frame for frame in grammar.frames if frame.id in earlier]
        for number in rng.permutation(len(frames)):
            if made == sentences:
                return
            frame = frames[number]
            document = _new_sentence(grammar, frame, earlier[frame.id], turn, seed)
            if document is None:
                del earlier[frame.id]
            else:
                made += 1
                yield document


def _new_sentence(
    grammar: Grammar, frame: Frame, earlier: list[frozenset[str]], turn: int, seed: int
) -> Document | None:
    rng = np.random.default_rng((seed, zlib.crc32(frame.source.encode()), turn))
    for _ in range(ATTEMPTS):
        document = grammar.sentence(frame, f"{frame.id}-{turn}", rng)
        grams = ngrams(document.text)
        if all(likeness(grams, other) < NEAR for other in earlier):
            earlier.append(grams)
            return document
    return None


def generate_folder(out: Path, sentences: int, most: int, seed: int, lexicons: Path | None = None) -> Variety:
    """Writes a data folder in one step: train.jsonl, queries.toml, and generate.json, which says how it was made.

    Args:
        out: the folder; there must not be one.
        sentences, most, seed: see `generated`.
        lexicons: folder of word lists, see `lexicons.lexicon_names`; without, names come from the grammar alone.

    Returns:
        The figures of the sentences, which generate.json has too.

    Raises:
        UserError: there is such a folder.
        DataError: see `lexicon_names`.
    """
    refuse_existing(out)
    names = lexicon_names(lexicons) if lexicons else {}
    documents = list(generated(read_grammar(own_grammar()).with_names(names), sentences, most, seed))
    figures = variety(documents)
    with atomic_folder(out) as new:
        write_documents(new / "train.jsonl", documents)
        (new / "queries.toml").write_bytes((data_folder() / "queries" / "msra.toml").read_bytes())
        record = {
            "version": package_version(),
            "settings": {"sentences": sentences, "most": most, "seed": seed},
            "lexicons": {"notice": NOTICE, "names": {symbol: len(found) for symbol, found in names.items()}}
            if names
            else None,
            "output": sha256_of(new / "train.jsonl"),
            **asdict(figures),
        }
        write_json(new / "generate.json", record)
    return figures

"""How different sentences are from each other, in figures: a generator's sentences that look alike teach nothing."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bert_mrc_theseus.text.documents import Document

N = 4
"""Characters of an n-gram."""

NEAR = 0.5
"""Sentences are near duplicates if the n-grams that both have are at least this share of those that either has (Jaccard)."""


def ngrams(text: str) -> frozenset[str]:
    """All runs of `N` characters; of a shorter text, itself."""
    return frozenset(text[start : start + N] for start in range(max(1, len(text) - N + 1)))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index of two sets of n-grams, from 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


@dataclass(frozen=True)
class Variety:
    """Figures of sentences.

    Attributes:
        sentences, characters: how many.
        frames: how many frames they come from.
        most_of_a_frame: sentences of the frame with most.
        without_entities: sentences.
        distinct_4grams: share of all runs of four characters, counted as often as they occur, that are different ones.
        near_duplicates: share of sentences of which there is another one with a likeness of `NEAR` or more.
        nearest: mean likeness of a sentence to the one that is most like it.
        mentions, names: entities of each type, and how many different ones.
        names_once: share of the names that occur once.
        genres: sentences of each.
    """

    sentences: int
    characters: int
    frames: int
    most_of_a_frame: int
    without_entities: int
    distinct_4grams: float
    near_duplicates: float
    nearest: float
    mentions: dict[str, int]
    names: dict[str, int]
    names_once: float
    genres: dict[str, int]


def variety(documents: Sequence[Document]) -> Variety:
    """Figures of documents that `Grammar.sentence` made; there must be one."""
    grams = [ngrams(document.text) for document in documents]
    likest = nearest(grams)
    frames = Counter(document.rest["frame"] for document in documents)
    mentions: Counter[str] = Counter()
    names: Counter[tuple[str, str]] = Counter()
    for document in documents:
        mentions.update(entity.type for entity in document.entities)
        names.update((entity.type, document.text_of(entity)) for entity in document.entities)
    return Variety(
        sentences=len(documents),
        characters=sum(len(document.text) for document in documents),
        frames=len(frames),
        most_of_a_frame=max(frames.values()),
        without_entities=sum(not document.entities for document in documents),
        distinct_4grams=round(
            len(frozenset[str]().union(*grams)) / sum(max(1, len(d.text) - N + 1) for d in documents), 4
        ),
        near_duplicates=round(sum(value >= NEAR for value in likest) / len(documents), 4),
        nearest=round(sum(likest) / len(documents), 4),
        mentions=dict(mentions),
        names=dict(Counter(kind for kind, _ in names)),
        names_once=round(sum(count == 1 for count in names.values()) / max(1, len(names)), 4),
        genres=dict(Counter(str(document.rest["genre"]) for document in documents)),
    )


def nearest(grams: Sequence[frozenset[str]]) -> list[float]:
    """The highest likeness of each of these sets to another one."""
    having: dict[str, list[int]] = defaultdict(list)
    for number, here in enumerate(grams):
        for gram in here:
            having[gram].append(number)
    highest = [0.0] * len(grams)
    for number, here in enumerate(grams):
        common = Counter(other for gram in here for other in having[gram] if other > number)
        for other, count in common.items():
            value = count / (len(here) + len(grams[other]) - count)
            highest[number], highest[other] = max(highest[number], value), max(highest[other], value)
    return highest

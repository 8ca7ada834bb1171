"""More training text from annotated documents: copies whose entities' texts are replaced by others of the same type.

A model of few layers soon knows the training corpus's names by heart; texts in which the same place holds another name each
time teach it the surroundings instead (mention replacement: Dai & Adel 2020, "An Analysis of Simple Data Augmentation for
Named Entity Recognition", section 3).
"""

import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.files.atomic_folders import atomic_folder
from bert_mrc_theseus.files.places import refuse_existing
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.provenance import package_version, write_json
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import read_documents, write_documents

from .readers.silver import TYPES

SHORTEST = 2
"""Characters. Shorter mentions (中 and 美 in 中美关系) are parts of words: no other name fits there, nor they elsewhere."""

FAMILIAR = 3
"""A word of jieba's dictionary is taken where so many distinct mentions begin, and so many end, with the same character."""

KEPT = ("dev.jsonl", "test.jsonl", "queries.toml")
"""Files of a data folder that are copied; its corpus.json describes another train.jsonl."""


def mentions_of(documents: Iterable[Document]) -> dict[str, Counter[str]]:
    """How often which text of `SHORTEST` characters at least is an entity of each type."""
    mentions: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for entity in document.entities:
            if entity.end - entity.start >= SHORTEST:
                mentions[entity.type][document.text_of(entity)] += 1
    return dict(mentions)


def jieba_names(mentions: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Names of persons, places and organisations in jieba's dictionary that look like the mentions of their type.

    Its parts of speech are rough (二维地震 is a person there), hence the comparison, see `FAMILIAR`.

    Args:
        mentions: per type; types that jieba does not know get no names.
    """
    # Imported here, since every preprocessing would pay for it.
    import jieba

    first = {kind: Counter(text[0] for text in texts) for kind, texts in mentions.items()}
    last = {kind: Counter(text[-1] for text in texts) for kind, texts in mentions.items()}
    names: dict[str, set[str]] = {kind: set() for kind in mentions}
    with jieba.get_dict_file() as stream:
        for line in stream:
            word, _, tag = line.decode("utf-8").split()
            kind = TYPES.get(tag[:2])
            if kind not in names or len(word) < SHORTEST:
                continue
            if first[kind][word[0]] >= FAMILIAR and last[kind][word[-1]] >= FAMILIAR:
                names[kind].add(word)
    return names


class Augmenter:
    """Replaces mentions.

    Args:
        names: per type, the texts to draw from, each as likely as the others; types without names are left as they are.
        share: probability that a mention which occurs once in the corpus is replaced. One that occurs n times is replaced with
            share / sqrt(n): the model will meet 中国 again, and does well to know it.
        mentions: of the corpus, see `mentions_of`; a text that is not there counts as occurring once.
    """

    def __init__(self, names: Mapping[str, Iterable[str]], share: float, mentions: Mapping[str, Mapping[str, int]]):
        self._names: dict[str, Sequence[str]] = {kind: sorted(texts) for kind, texts in names.items() if texts}
        self._share, self._mentions = share, mentions

    def __call__(self, document: Document, rng: np.random.Generator) -> Document:
        """A copy with other mentions; the same mention gets the same name everywhere in the document.

        Entities that overlap others stay as they are, and so do mentions shorter than `SHORTEST`.
        """
        drawn: dict[tuple[str, str], str] = {}
        pieces, entities, position, shift = [], [], 0, 0
        for entity, alone in _with_alone(document.entities):
            text = document.text_of(entity)
            if alone and len(text) >= SHORTEST and entity.type in self._names:
                new = drawn.get((entity.type, text))
                if new is None:
                    names = self._names[entity.type]
                    often = self._mentions.get(entity.type, {}).get(text, 1)
                    new = (
                        names[int(rng.integers(len(names)))] if rng.random() < self._share / math.sqrt(often) else text
                    )
                    drawn[entity.type, text] = new
                pieces += [document.text[position : entity.start], new]
                position = entity.end
            else:
                new = text
            start = entity.start + shift
            entities.append(replace(entity, start=start, end=start + len(new)))
            shift += len(new) - len(text)
        return replace(document, text="".join([*pieces, document.text[position:]]), entities=tuple(entities))


def augmented(documents: Sequence[Document], augment: Augmenter, copies: int, seed: int) -> Iterator[Document]:
    """The documents, and behind them `copies` changed ones of each; a copy that came out unchanged is left out."""
    yield from documents
    for copy in range(1, copies + 1):
        for number, document in enumerate(documents):
            changed = augment(document, np.random.default_rng((seed, copy, number)))
            if changed.text != document.text:
                yield replace(changed, id=f"{document.id}-copy{copy}")


@dataclass(frozen=True, slots=True)
class Augmented:
    """What `augment_folder` wrote: documents read, copies added, and names to draw from of each type."""

    documents: int
    copies: int
    names: dict[str, int]


def augment_folder(
    data: Path, out: Path, copies: int, share: float, jieba: bool, terms: Mapping[str, str], seed: int
) -> Augmented:
    """Writes a data folder in one step: train.jsonl with copies, the other splits and queries.toml as they are, augment.json.

    Args:
        data: with train.jsonl.
        out: the folder; there must not be one.
        copies, share, seed: see `augmented` and `Augmenter`.
        jieba: draw from `jieba_names` too.
        terms: further names, with their types.

    Raises:
        UserError: there is such a folder, or a term has a type that the training documents have not.
        DataError: the training documents have no entities, or see `interchange.read_documents`.
    """
    refuse_existing(out)
    train = data / "train.jsonl"
    documents = list(read_documents(train))
    mentions = mentions_of(documents)
    if not mentions:
        raise DataError("no entities to replace", train)
    names = {kind: set(texts) for kind, texts in mentions.items()}
    for kind, texts in jieba_names(mentions).items() if jieba else ():
        names[kind] |= texts
    for term, kind in terms.items():
        if kind not in names:
            raise UserError(f"{term!r} has the type {kind}; the training documents have {', '.join(names)}")
        names[kind].add(term)
    made = list(augmented(documents, Augmenter(names, share, mentions), copies, seed))
    done = Augmented(len(documents), len(made) - len(documents), {kind: len(texts) for kind, texts in names.items()})
    with atomic_folder(out) as new:
        write_documents(new / train.name, made)
        for name in KEPT:
            if (data / name).is_file():
                shutil.copyfile(data / name, new / name)
        record = {
            "version": package_version(),
            "settings": {"copies": copies, "share": share, "seed": seed, "jieba": jieba, "terms": len(terms)},
            "source": sha256_of(train),
            "output": sha256_of(new / train.name),
            **asdict(done),
        }
        write_json(new / "augment.json", record)
    return done


def _with_alone(entities: Sequence[Entity]) -> Iterator[tuple[Entity, bool]]:
    """Each entity (sorted by start), and whether it overlaps no other."""
    reached = 0
    for number, entity in enumerate(entities):
        following = entities[number + 1].start if number + 1 < len(entities) else entity.end
        yield entity, reached <= entity.start and entity.end <= following
        reached = max(reached, entity.end)

"""What a corpus holds: the counts that `preprocess` shows and keeps beside the data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_mrc_theseus.mrc.examples import WindowSize
from bert_mrc_theseus.mrc.windows import clipped, cut_windows
from bert_mrc_theseus.text.documents import Document


@dataclass(frozen=True)
class SplitStatistics:
    """Counts of one split.

    Attributes:
        documents: number of documents (sentences, in most corpora).
        characters: of all texts.
        longest: characters of the longest text.
        empty: documents without entities.
        entities: per type.
        nested: entities inside or across another.
        clipped: entities that no window holds whole.
        duplicates: documents whose text occurred before in the same split.
        leaked: per other split, documents whose text occurs there too.
    """

    documents: int
    characters: int
    longest: int
    empty: int
    entities: dict[str, int]
    nested: int
    clipped: int
    duplicates: int
    leaked: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def split_statistics(splits: Mapping[str, Sequence[Document]], window: WindowSize) -> dict[str, SplitStatistics]:
    """Counts of every split.

    Args:
        splits: documents by split.
        window: how texts are cut, for `clipped`.
    """
    texts = {name: {document.text for document in documents} for name, documents in splits.items()}
    by_split = {}
    for name, documents in splits.items():
        lost = 0
        for document in documents:
            if len(document.text) > window.size:
                windows = cut_windows(document.text, window.size, window.overlap)
                lost += len(clipped(windows, [(e.start, e.end) for e in document.entities]))
        by_split[name] = SplitStatistics(
            documents=len(documents),
            characters=sum(len(document.text) for document in documents),
            longest=max((len(document.text) for document in documents), default=0),
            empty=sum(not document.entities for document in documents),
            entities=dict(Counter(e.type for document in documents for e in document.entities).most_common()),
            nested=sum(_overlapping(document) for document in documents),
            clipped=lost,
            duplicates=len(documents) - len(texts[name]),
            leaked={
                other: sum(document.text in texts[other] for document in documents) for other in splits if other != name
            },
        )
    return by_split


def _overlapping(document: Document) -> int:
    """Entities that begin before one that started earlier has ended."""
    count = reach = 0
    for entity in document.entities:
        count += entity.start < reach
        reach = max(reach, entity.end)
    return count

"""Entities and documents.

Offsets are half-open `[start, end)` in Unicode code points of the untouched source text. Invariant, from any reader to any
output: `document.text[entity.start:entity.end]` is the entity's text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import index
from typing import Any

from bert_mrc_theseus.text.json_records import Json, shown

TEXT = "text"
"""The field of a record that holds the text, unless a user names another."""

OWN_FIELDS = frozenset(("id", TEXT, "entities", "silver", "annotated"))
"""The fields of a record that a document has attributes for."""


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A typed span of a document's text. Equality and order ignore score and source.

    Attributes:
        source: who said so if neither annotator nor model did, such as "dictionary".

    Raises:
        TypeError: an offset is no whole number.
        ValueError: the span is empty or negative, or the type is empty or no string.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> bmt.Entity(0, 3, "PER")
        Entity(start=0, end=3, type='PER', score=None, source=None)
    """

    start: int
    end: int
    type: str
    score: float | None = field(default=None, compare=False)
    source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if type(self.start) is not int or type(self.end) is not int:
            # NumPy's numbers, as data frames have them, cannot be written as JSON.
            object.__setattr__(self, "start", index(self.start))
            object.__setattr__(self, "end", index(self.end))
        if not 0 <= self.start < self.end:
            raise ValueError(f"an entity needs 0 <= start < end. Received: start={self.start}, end={self.end}")
        if not isinstance(self.type, str) or not self.type:
            raise ValueError(f"an entity needs a type. Received: {self.type!r}")


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its entities, which are kept sorted by (start, end, type).

    Attributes:
        id: a name, or a number where a JSON record has one.
        silver: the entities were not annotated by people; training can weigh the document less.
        annotated: the types that were looked for; of others, training and evaluation ask nothing. None: all that the schema
            has.
        rest: further fields of the JSON record that the document was, to be written again; not to be changed. They count
            for equality, not for the hash.
        row: what the document was in a table, see `tables.columns.Row`, for outputs that are tables. It counts for neither.

    Raises:
        TypeError: the text is no string.
        ValueError: an entity lies outside the text, or is of a type that was not annotated; or a further field has the name
            of one that documents have.

    Example:
        >>> import bert_mrc_theseus as bmt
        >>> document = bmt.Document("1", "程晓光在广州", (bmt.Entity(4, 6, "LOC"), bmt.Entity(0, 3, "PER")))
        >>> [document.text_of(entity) for entity in document.entities]
        ['程晓光', '广州']
    """

    id: str | int | float
    text: str
    entities: tuple[Entity, ...] = ()
    silver: bool = False
    annotated: tuple[str, ...] | None = None
    rest: Mapping[str, Json] = field(default_factory=dict, hash=False)
    row: Any = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"the text of a document is a str. Received: {shown(self.text)}")
        object.__setattr__(self, "entities", tuple(sorted(self.entities)))
        taken = OWN_FIELDS & self.rest.keys()
        if taken:
            raise ValueError(f"further fields cannot be called {', '.join(sorted(taken))}")
        for entity in self.entities:
            if self.annotated is not None and entity.type not in self.annotated:
                raise ValueError(f"an entity is of type {entity.type!r}; annotated are {', '.join(self.annotated)}")
            if entity.end > len(self.text):
                raise ValueError(
                    f"entity [{entity.start}, {entity.end}) {entity.type} lies outside the text of {len(self.text)} "
                    f"characters"
                )

    def text_of(self, entity: Entity) -> str:
        return self.text[entity.start : entity.end]

    def _repr_html_(self) -> str:
        """The document as notebooks show it: with its entities marked."""
        from bert_mrc_theseus.drawing.marking import notebook_html

        return notebook_html([self])

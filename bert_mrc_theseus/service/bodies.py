"""What requests and answers hold: the bodies of the service, as pydantic models, from which its OpenAPI document is made."""

import json
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    model_validator,
)

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.text.dictionary import ANY, LONGEST_TERM, Dictionary
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_from_dict, id_of_record

MOST_TEXTS = 10_000
"""Texts of one request; a stream has no such limit."""

MOST_TYPES = 64
"""Types of one request."""

MOST_TERMS = 100_000
"""Terms of one request's dictionary."""

Offsets = Literal["code-points", "utf-16"]

Probability = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Term = Annotated[str, Field(min_length=1, max_length=LONGEST_TERM)]


def _finite(value: JsonValue) -> JsonValue:
    """Refuses numbers that JSON cannot hold."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ValueError("a number is not finite") from error
    return value


def _id(value: Any) -> str | int | float | None:
    return None if value is None else id_of_record(value, "")


def _both(value: Any) -> Any:
    """A number for the thresholds of start and end alike."""
    return {"start": value, "end": value} if type(value) in (int, float) else value


def _several(value: Any) -> Any:
    """One text for a list of it: doccano can fill in a text, and no list."""
    return [value] if isinstance(value, str) else value


class Body(BaseModel):
    """A part of a request. A field that is not known is refused: it would be a wish that nobody hears."""

    model_config = ConfigDict(extra="forbid")


class DocumentIn(BaseModel):
    """A text with an id; further fields come back as they are, but for `entities` and `annotated`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[JsonValue, AfterValidator(_finite)]]

    text: str
    id: Annotated[Any, PlainValidator(_id, json_schema_input_type=str | int | float | None)] = None

    def document(self, default_id: int) -> Document:
        """The same without what is known of its entities.

        Raises:
            ValueError: see `documents.document_from_dict`.
        """
        document = document_from_dict(self.model_dump(), str(default_id))
        return replace(document, id=default_id if self.id is None else self.id, entities=(), annotated=None)


class ThresholdsIn(Body):
    """Smallest probabilities; what is left out is the model's."""

    start: Probability | None = None
    end: Probability | None = None
    match: Probability | None = None


class DictionaryIn(Body):
    """Terms that are always entities of a type, and terms that never are of some types (`*`: of any)."""

    added: Annotated[dict[Term, Name], Field(max_length=MOST_TERMS)] = {}
    vetoed: Annotated[dict[Term, list[Name]], Field(max_length=MOST_TERMS)] = {}

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        for term, kind in self.added.items():
            if kind == ANY:
                raise ValueError(f"{term!r} needs a type: only a veto can be for all types")
            if {kind, ANY} & set(self.vetoed.get(term, ())):
                raise ValueError(f"{term!r} is both added and vetoed")
        return self

    def dictionary(self) -> Dictionary:
        """The same, ready to be applied."""
        return Dictionary(dict(self.added), {term: frozenset(kinds) for term, kinds in self.vetoed.items()})


class SettingsIn(Body):
    """How texts are to be read; all of it may be left out."""

    model: Annotated[str | None, Field(description="Name of a model, see /v1/models; default: the first.")] = None
    types: Annotated[
        list[Name] | None,
        Field(min_length=1, max_length=MOST_TYPES, description="Names of the types to look for; default: all."),
    ] = None
    queries: Annotated[
        dict[Name, Annotated[str, Field(min_length=1, max_length=400, pattern=r"\S")]] | None,
        Field(min_length=1, max_length=MOST_TYPES, description="Query of each type, instead of the model's types."),
    ] = None
    thresholds: Annotated[
        ThresholdsIn | None,
        BeforeValidator(_both, json_schema_input_type=ThresholdsIn | Probability | None),
        Field(description="Smallest probabilities instead of the model's; a number is those of start and end."),
    ] = None
    nested: Annotated[bool, Field(description="Entities may overlap.")] = False
    dictionary: DictionaryIn | None = None
    offsets: Annotated[Offsets, Field(description="What `start` and `end` count; utf-16 for JavaScript and Java.")] = (
        "code-points"
    )

    def thresholds_over(self, own: Thresholds) -> Thresholds:
        """The thresholds that count, where `own` are the model's."""
        given = {} if self.thresholds is None else self.thresholds.model_dump(exclude_none=True)
        return replace(own, **given)


class EntitiesRequest(SettingsIn):
    """Texts, or documents, and how to read them."""

    texts: Annotated[
        # The limit stands at the list: after a BeforeValidator it is asked of None, too, which has no length.
        Annotated[list[str], Field(max_length=MOST_TEXTS)] | None,
        BeforeValidator(
            _several, json_schema_input_type=Annotated[list[str], Field(max_length=MOST_TEXTS)] | str | None
        ),
        Field(description="Texts, or one; this or `documents`."),
    ] = None
    documents: Annotated[list[DocumentIn] | None, Field(max_length=MOST_TEXTS)] = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.texts is None) == (self.documents is None):
            raise ValueError("give either texts or documents")
        return self


class EntityOut(BaseModel):
    """An entity: a half-open span of the text."""

    start: int
    end: int
    type: str
    text: str
    score: Annotated[float | None, Field(description="Absent where a dictionary added it.")] = None
    source: Annotated[str | None, Field(description='"dictionary", if one added it.')] = None


class DocumentOut(BaseModel):
    """A document in the form that `predict` writes; further fields of the request's document stand last."""

    model_config = ConfigDict(extra="allow")

    id: str | int | float
    text: str
    entities: list[EntityOut]


class EntitiesAnswer(BaseModel):
    """What was found, in the order of the texts."""

    model: str
    version: Annotated[str, Field(description="Changes with the model's files.")]
    offsets: Offsets
    unseen: Annotated[list[str], Field(description="Types whose query the model was not trained on.")]
    documents: list[DocumentOut]


class TypeOut(BaseModel):
    """An entity type of a model."""

    name: str
    query: str


class ThresholdsOut(BaseModel):
    """Smallest probabilities that count."""

    start: float
    end: float
    match: float


class ModelOut(BaseModel):
    """A model of the service."""

    name: str
    version: str
    default: Annotated[bool, Field(description="Whether it answers where a request names no model.")]
    types: list[TypeOut]
    thresholds: ThresholdsOut
    matches: Annotated[bool, Field(description="Whether `nested` finds overlapping entities of one type too.")]


class ModelsAnswer(BaseModel):
    """The models of the service."""

    models: list[ModelOut]


class StateAnswer(BaseModel):
    """Whether the service lives, or takes work."""

    status: Literal["ok", "stopping"]


class Wrong(BaseModel):
    """What is wrong with one field."""

    field: Annotated[str, Field(description='Such as "texts.0"; empty: the whole body.')]
    message: str


class Problem(BaseModel):
    """Why a request is not answered."""

    detail: str
    errors: list[Wrong] = []

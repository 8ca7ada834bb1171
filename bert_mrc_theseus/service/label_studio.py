"""Tasks of Label Studio -> documents -> predictions, in the form that its ML backends have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, JsonValue

from bert_mrc_theseus.service.bodies import MOST_TEXTS
from bert_mrc_theseus.service.label_config import Control, parse_label_config
from bert_mrc_theseus.service.label_map import LabelMap, label_map
from bert_mrc_theseus.service.served_models import FieldError, ServedModel
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


class SetupRequest(BaseModel):
    """A project that is connected; of what Label Studio sends, its access token among it, nothing else is read."""

    label_config: Annotated[str, Field(alias="schema", description="The project's labelling configuration, XML.")]


class TaskIn(BaseModel):
    """A task; of what Label Studio sends, its annotations among it, nothing else is read."""

    data: dict[str, JsonValue]


class PredictRequest(BaseModel):
    """Tasks of a project."""

    tasks: Annotated[list[TaskIn], Field(max_length=MOST_TEXTS)]
    label_config: Annotated[str, Field(description="The project's labelling configuration, XML.")]


class LabelsOut(BaseModel):
    """What is predicted of a project."""

    model_version: str
    labels: Annotated[dict[str, dict[str, str]], Field(description="By `Labels` tag: the label of each type.")]
    unmapped: Annotated[dict[str, list[str]], Field(description="By `Labels` tag: labels that are no type's.")]
    left_out: Annotated[list[str], Field(description="Tags with labels that are not predicted, and why.")]


class PredictionOut(BaseModel):
    """The prediction of a task."""

    result: list[dict[str, Any]]
    score: Annotated[float | None, Field(description="The lowest of its entities' scores.")]
    model_version: str


class NoPredictionOut(BaseModel):
    """Why a task has no prediction."""

    error: str


class PredictAnswer(LabelsOut):
    """The predictions of some tasks, in order."""

    results: list[PredictionOut | NoPredictionOut]


class VersionsAnswer(BaseModel):
    """The versions of the model: one."""

    versions: list[str]


@dataclass(frozen=True)
class Project:
    """What of a project is predicted.

    Attributes:
        model_version: of whose predictions.
        controls: what labels which text, and how the model's types are called there; no control has no type.
        schema: all types that are asked.
        told: what is answered about it.
    """

    model_version: str
    controls: tuple[tuple[Control, LabelMap], ...]
    schema: Schema
    told: LabelsOut


def model_version(model: ServedModel) -> str:
    """By which Label Studio tells predictions from those of other models."""
    return f"{model.name}-{model.version}"


def project_of(xml: str, model: ServedModel, field: str) -> Project:
    """Reads a project's labelling configuration for a model.

    Args:
        xml: the configuration.
        model: that predicts.
        field: of the request, that holds it.

    Raises:
        FieldError: nothing of it can be predicted.
    """
    try:
        config = parse_label_config(xml)
    except ValueError as error:
        raise FieldError(field, str(error)) from error
    maps = [(control, label_map(model.spec.schema, control.labels)) for control in config.controls]
    used = {name for _, found in maps for name in found.labels}
    told = LabelsOut(
        model_version=model_version(model),
        labels={control.from_name: found.labels for control, found in maps},
        unmapped={control.from_name: list(found.unmapped) for control, found in maps if found.unmapped},
        left_out=list(config.left_out),
    )
    if not used:
        types = ", ".join(model.spec.schema.names)
        why = "; ".join(config.left_out) or f"no label of a text is one of the model's types: {types}"
        raise FieldError(field, f"nothing can be predicted: {why}")
    schema = model.spec.schema.only([name for name in model.spec.schema.names if name in used])
    return Project(told.model_version, tuple((c, found) for c, found in maps if found.labels), schema, told)


def documents_of_tasks(tasks: Sequence[TaskIn], project: Project) -> list[Document]:
    """The texts of tasks, each once.

    Raises:
        FieldError: they are too many.
    """
    keys = dict.fromkeys(control.key for control, _ in project.controls)
    texts = [
        Document(f"{number} {key}", text)
        for number, task in enumerate(tasks)
        for key in keys
        if isinstance(text := task.data.get(key), str)
    ]
    if len(texts) > MOST_TEXTS:
        raise FieldError("tasks", f"they have more than {MOST_TEXTS:,} texts")
    return texts


def predictions_of(tasks: Sequence[TaskIn], found: Sequence[Document], project: Project) -> PredictAnswer:
    """What is answered.

    Args:
        tasks: they.
        found: their documents, with entities, see `documents_of_tasks`.
        project: what is predicted.
    """
    by_id = {document.id: document for document in found}
    results: list[PredictionOut | NoPredictionOut] = []
    for number in range(len(tasks)):
        read = [(item, by_id.get(f"{number} {item[0].key}")) for item in project.controls]
        missing = [item[0].key for item, document in read if document is None]
        if missing:
            results.append(NoPredictionOut(error=f"no text under {', '.join(dict.fromkeys(missing))}"))
            continue
        regions = [region for item, document in read if document for region in _regions(document, *item)]
        for place, region in enumerate(regions):
            region["id"] = f"entity-{place}"
        scores = [region["score"] for region in regions if "score" in region]
        results.append(
            PredictionOut(result=regions, score=min(scores, default=None), model_version=project.model_version)
        )
    return PredictAnswer(**project.told.model_dump(), results=results)


def _regions(document: Document, control: Control, labels: LabelMap) -> Iterator[dict[str, Any]]:
    """A control's entities. Label Studio counts code points, as we do."""
    for entity in document.entities:
        if entity.type not in labels.labels:
            continue
        value = {
            "start": entity.start,
            "end": entity.end,
            "text": document.text_of(entity),
            "labels": [labels.labels[entity.type]],
        }
        region = {"from_name": control.from_name, "to_name": control.to_name, "type": "labels", "value": value}
        yield region if entity.score is None else {**region, "score": round(entity.score, 4)}

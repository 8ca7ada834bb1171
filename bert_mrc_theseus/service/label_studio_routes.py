"""The paths of Label Studio's ML backends, under a prefix of their own: `/label-studio`, or `/label-studio/MODEL`.

They are of another's making, and so no part of the OpenAPI document.
"""

import asyncio
from typing import TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from bert_mrc_theseus.language.translation import translated
from bert_mrc_theseus.service.answering import in_time, read_all
from bert_mrc_theseus.service.answers import json_bytes
from bert_mrc_theseus.service.bodies import SettingsIn
from bert_mrc_theseus.service.label_studio import (
    LabelsOut,
    PredictRequest,
    Project,
    SetupRequest,
    VersionsAnswer,
    documents_of_tasks,
    model_version,
    predictions_of,
    project_of,
)
from bert_mrc_theseus.service.limits import log, media_type
from bert_mrc_theseus.service.problems import ProblemError, not_valid
from bert_mrc_theseus.service.security import require_password
from bert_mrc_theseus.service.served_models import ServedModel

PREFIX = "/label-studio"
JSON = "application/json"
TRAINING = "START_TRAINING"
"""Action of a webhook: somebody has asked for a training."""

Body = TypeVar("Body", bound=BaseModel)

label_studio = APIRouter(dependencies=[Depends(require_password)], include_in_schema=False)
"""What needs the token, if there is one, as a password."""

told = APIRouter(include_in_schema=False)
"""What Label Studio tells without one; nothing is told of texts or models."""


@label_studio.get(PREFIX + "/health")
@label_studio.get(PREFIX + "/{model}/health")
async def show_backend(request: Request, model: str | None = None) -> dict[str, str]:
    """Whether the model is there."""
    return {"status": "UP", "model_class": _model(request, model).name}


@label_studio.get(PREFIX + "/versions")
@label_studio.get(PREFIX + "/{model}/versions")
async def list_versions(request: Request, model: str | None = None) -> VersionsAnswer:
    """The version of the model."""
    return VersionsAnswer(versions=[model_version(_model(request, model))])


@label_studio.post(PREFIX + "/setup")
@label_studio.post(PREFIX + "/{model}/setup")
async def set_up(request: Request, model: str | None = None) -> LabelsOut:
    """Whether a project's labels can be predicted, and which."""
    served = _model(request, model)
    asked = await _asked(request, SetupRequest)
    return (await _project(request, asked.label_config, served, "schema")).told


@label_studio.post(PREFIX + "/predict")
@label_studio.post(PREFIX + "/{model}/predict")
async def predict_tasks(request: Request, model: str | None = None) -> Response:
    """Predictions of tasks."""
    served = _model(request, model)
    asked = await _asked(request, PredictRequest)
    project = await _project(request, asked.label_config, served, "label_config")
    # The names are the model's own: there may be more of them than a request may list.
    settings = SettingsIn.model_construct(model=served.name, types=list(project.schema.names))
    reading = request.app.state.models.reading(settings)
    documents = documents_of_tasks(asked.tasks, project)
    found = await in_time(request, read_all(request, reading, documents))
    answer = await asyncio.to_thread(predictions_of, asked.tasks, found, project)
    return Response(await asyncio.to_thread(json_bytes, answer.model_dump()), media_type=JSON)


@told.post(PREFIX + "/webhook")
@told.post(PREFIX + "/{model}/webhook")
async def hear(request: Request) -> dict[str, str]:
    """Takes note of nothing: what is annotated is exported and trained on by the command line.

    Label Studio sends no password here.
    """
    try:
        event = TypeAdapter(dict[str, JsonValue]).validate_json(await request.body())
    except ValidationError as error:
        raise not_valid(error) from error
    if event.get("action") == TRAINING:
        raise ProblemError(501, "the service does not train: export the annotations, and see docs/annotation.md")
    return {"status": "ignored"}


def _model(request: Request, name: str | None) -> ServedModel:
    """The model of a path; without a name, the first.

    Raises:
        ProblemError: there is none of that name.
    """
    models = list(request.app.state.models)
    found = next((model for model in models if name in (None, model.name)), None)
    if found is None:
        raise ProblemError(404, f"there is no such model; there are {', '.join(model.name for model in models)}")
    return found


async def _asked(request: Request, kind: type[Body]) -> Body:
    if media_type(request.scope) != JSON:
        raise ProblemError(415, f"Content-Type is {JSON}")
    body = await request.body()
    try:
        return await asyncio.to_thread(kind.model_validate_json, body)
    except ValidationError as error:
        raise not_valid(error) from error


async def _project(request: Request, xml: str, model: ServedModel, field: str) -> Project:
    project = await asyncio.to_thread(project_of, xml, model, field)
    unmapped = [label for labels in project.told.unmapped.values() for label in labels]
    if unmapped:
        log.warning(
            "%s",
            translated(f"Label Studio: {len(unmapped)} labels are no type of {model.name}; the answer names them"),
        )
    return project

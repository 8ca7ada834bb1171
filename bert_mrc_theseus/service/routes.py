"""The paths of the service."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from bert_mrc_theseus.service.answering import counted, in_time, read_all
from bert_mrc_theseus.service.answers import answer_of, json_bytes
from bert_mrc_theseus.service.bodies import (
    EntitiesAnswer,
    EntitiesRequest,
    ModelOut,
    ModelsAnswer,
    Problem,
    SettingsIn,
    StateAnswer,
    ThresholdsOut,
    TypeOut,
    Wrong,
)
from bert_mrc_theseus.service.limits import STREAMS, media_type
from bert_mrc_theseus.service.metrics import CONTENT_TYPE
from bert_mrc_theseus.service.problems import ProblemError, not_valid, wrong_fields
from bert_mrc_theseus.service.reading import SHORT
from bert_mrc_theseus.service.security import UnsolvedRoute, require_token
from bert_mrc_theseus.service.served_models import FieldError, Reading
from bert_mrc_theseus.service.streams import LineByLine, Lines, answered, lines_of, settings_of
from bert_mrc_theseus.service.uploads import documents_of, headers_of, written
from bert_mrc_theseus.text.documents import TEXT, Document

JSON = "application/json"

OutputFormat = Literal["jsonl", "conll", "brat", "text", "html", "doccano", "label-studio", "mrc"]
"""Names in `output.formats.WRITERS`; tables are read and not written here."""

Asked = TypeVar("Asked", bound=EntitiesRequest)

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in (
        (400, "The body cannot be read."),
        (401, "The token is missing or wrong."),
        (408, "The body came too slowly."),
        (413, "The body, or a line of it, is too large."),
        (415, "The body is of another media type."),
        (422, "A field is wrong; `errors` names it."),
        (503, "Too many requests wait, or the service stops; see Retry-After."),
        (504, "The answer took too long."),
    )
}

_ENTITIES_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/EntitiesRequest"}},
            STREAMS[0]: {"schema": {"type": "string", "description": "A document a line; see docs/service.md."}},
        },
    }
}

working = APIRouter(dependencies=[Depends(require_token)])
"""What needs the token, if there is one."""

entities = APIRouter(dependencies=[Depends(require_token)], route_class=UnsolvedRoute)
"""What is asked for every text, and needs the token too."""

looking = APIRouter()
"""What tells nothing of texts or models."""


@entities.post(
    "/v1/entities",
    response_model=EntitiesAnswer,
    responses={200: {"content": {STREAMS[0]: {"schema": {"type": "string"}}}}, **_PROBLEMS},
    openapi_extra=_ENTITIES_BODY,
)
async def find_entities(request: Request) -> Response:
    """Entities of texts. A JSON body is answered at once, newline-delimited JSON line by line."""
    kind = media_type(request.scope)
    if kind in STREAMS:
        return await _stream(request)
    if kind != JSON:
        raise ProblemError(415, f"Content-Type is {JSON} or {STREAMS[0]}")
    _, reading, found = await read_body(request, EntitiesRequest)
    return await answered_json(answer_of(reading, found), found)


@working.post(
    "/v1/files",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}, **_PROBLEMS},
)
async def read_file(
    request: Request,
    file: Annotated[UploadFile, File(description="Text, JSONL, JSON, CSV or another table, by its name.")],
    format: Annotated[OutputFormat, Form(description="Of the answer.")] = "jsonl",
    settings: Annotated[str, Form(description="JSON: the fields of /v1/entities but its texts.")] = "{}",
    text_field: Annotated[str, Form(description="Field of a JSON record that holds the text.")] = TEXT,
    whole_files: Annotated[bool, Form(description="A text file is one document, not one a line.")] = False,
) -> Response:
    """Entities of a file's texts, as a file. The header Skipped-Records says how many could not be read."""
    try:
        asked = SettingsIn.model_validate_json(settings)
    except ValidationError as error:
        raise not_valid(error, "settings") from error
    reading = request.app.state.models.reading(asked)
    if reading.offsets != "code-points":
        raise FieldError("settings.offsets", "files have their offsets in code points")
    documents, skipped = await asyncio.to_thread(documents_of, file.file, file.filename or "", text_field, whole_files)
    found = counted(request, reading, documents)
    kind, headers = headers_of(format)
    headers["Skipped-Records"] = str(skipped)
    return StreamingResponse(written(found, format, reading.schema), media_type=kind, headers=headers)


@working.get("/v1/models", responses={401: _PROBLEMS[401]})
async def list_models(request: Request) -> ModelsAnswer:
    """The models, their types and thresholds."""
    return ModelsAnswer(
        models=[
            ModelOut(
                name=model.name,
                version=model.version,
                default=number == 0,
                types=[TypeOut(name=item.name, query=item.query) for item in model.spec.schema.types],
                thresholds=ThresholdsOut(
                    start=model.spec.thresholds.start,
                    end=model.spec.thresholds.end,
                    match=model.spec.thresholds.match,
                ),
                matches=model.spec.config.match is not None,
            )
            for number, model in enumerate(request.app.state.models)
        ]
    )


@working.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, 401: _PROBLEMS[401]})
async def show_metrics(request: Request) -> Response:
    """What Prometheus reads."""
    return Response(request.app.state.metrics.text(request.app.state.models), media_type=CONTENT_TYPE)


@looking.get("/health")
async def show_health() -> StateAnswer:
    """Whether the process lives."""
    return StateAnswer(status="ok")


@looking.get("/ready", responses={503: {"model": StateAnswer, "description": "The service stops."}})
async def show_ready(request: Request, response: Response) -> StateAnswer:
    """Whether it takes work."""
    if request.app.state.stopping.is_set():
        response.status_code = 503
        return StateAnswer(status="stopping")
    return StateAnswer(status="ok")


async def read_body(request: Request, form: type[Asked]) -> tuple[Asked, Reading, list[Document]]:
    """What a body of JSON asks, how its texts are read, and its documents with entities.

    Args:
        request: whose body is read.
        form: of the body.

    Raises:
        ProblemError, FieldError: it is not answered.
    """
    body = await request.body()
    asked = parsed(body, form) if len(body) <= SHORT else await asyncio.to_thread(parsed, body, form)
    reading = request.app.state.models.reading(asked)
    documents = _documents(asked)
    return asked, reading, await in_time(request, read_all(request, reading, documents))


async def answered_json(answer: Any, documents: list[Document]) -> Response:
    """An answer as JSON; that of many documents is written on another thread."""
    short = sum(len(document.text) for document in documents) <= SHORT
    content = json_bytes(answer) if short else await asyncio.to_thread(json_bytes, answer)
    return Response(content, media_type=JSON)


def parsed(body: bytes, form: type[Any]) -> Any:
    """A body of JSON in its form.

    Raises:
        ProblemError: it has another one.
    """
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        raise not_valid(error) from error


def _documents(asked: EntitiesRequest) -> list[Document]:
    if asked.texts is not None:
        return [Document(number, text) for number, text in enumerate(asked.texts)]
    documents, wrong = [], []
    for number, item in enumerate(asked.documents or ()):
        try:
            documents.append(item.document(number))
        except ValueError as error:
            wrong.append(Wrong(field=f"documents.{number}", message=str(error)))
    if wrong:
        raise wrong_fields(wrong)
    return documents


async def _stream(request: Request) -> Response:
    state = request.app.state
    more = lines_of(request.stream(), state.settings.max_body)
    first: Lines = []
    async for first in more:
        if first:
            break
    asked = settings_of(first[0][1]) if first else None
    reading = state.models.reading(SettingsIn() if asked is None else asked)
    if asked is not None:
        first = first[1:]

    def read(documents: list[Document]) -> AsyncIterator[Document]:
        return counted(request, reading, documents)

    return LineByLine(answered(first, more, read, reading.offsets, state.stopping), media_type=STREAMS[0])

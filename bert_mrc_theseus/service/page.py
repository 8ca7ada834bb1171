"""The web page at `/`: its files, which load nothing from elsewhere, and what it asks.

The page draws nothing itself: marked text comes from `drawing`, as everywhere else, and files from `output`.
"""

import asyncio
from collections.abc import AsyncIterator
from importlib import resources
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, JsonValue

from bert_mrc_theseus.drawing.colours import looks_of
from bert_mrc_theseus.drawing.levels import in_reading_order
from bert_mrc_theseus.drawing.marking import text_html
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.service.bodies import MOST_TEXTS, Body, EntitiesRequest, Name, Wrong
from bert_mrc_theseus.service.problems import ProblemError, wrong_fields
from bert_mrc_theseus.service.routes import OutputFormat, answered_json, parsed, read_body
from bert_mrc_theseus.service.security import require_token
from bert_mrc_theseus.service.uploads import headers_of, written
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_from_dict
from bert_mrc_theseus.text.schema import EntityType, Schema

MOST_LOOKS = 1_000
"""Types that get looks of their own: those of a dictionary too."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Another version of the package has other files of these names.
    "Cache-Control": "no-cache",
}

MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _files() -> dict[str, tuple[bytes, str]]:
    """Content and media type of each file, read now: no path of a request reaches the file system."""
    found = {}
    for package in ("bert_mrc_theseus.service", "bert_mrc_theseus.drawing"):
        for file in (resources.files(package) / "web").iterdir():
            kind = MEDIA_TYPES.get(f".{file.name.rpartition('.')[2]}")
            if kind is not None:
                found[file.name] = file.read_bytes(), kind
    return found


FILES = _files()
INDEX = "index.html"

shown = APIRouter(include_in_schema=False)
"""The files of the page, which need no token."""

asking = APIRouter(include_in_schema=False, dependencies=[Depends(require_token)])
"""What the page asks; its form changes with the page."""


class MarkedRequest(EntitiesRequest):
    """A request whose texts are also drawn."""

    shown_types: Annotated[
        tuple[Name, ...], Field(max_length=MOST_LOOKS, description="Types in the order in which they get their looks.")
    ] = ()


class TypeIn(Body):
    """An entity type that was asked."""

    name: Name
    query: str


class FileRequest(Body):
    """Documents with entities, to be written in an output format."""

    format: OutputFormat
    types: Annotated[list[TypeIn], Field(max_length=MOST_LOOKS)]
    documents: Annotated[list[JsonValue], Field(max_length=100 * MOST_TEXTS)]


@shown.get("/")
async def show_page() -> Response:
    """The page."""
    return _answered(INDEX)


@shown.get("/page/{name}")
async def show_file(name: str) -> Response:
    """A file of the page."""
    if name not in FILES:
        raise ProblemError(404, "the page has no such file")
    return _answered(name)


@asking.post("/page/entities")
async def mark_entities(request: Request) -> Response:
    """Entities of texts, in reading order, and each text as HTML."""
    asked, reading, documents = await read_body(request, MarkedRequest)
    looks = looks_of(asked.shown_types)
    answer = {
        "unseen": reading.unseen,
        "looks": looks,
        "documents": [
            {"entities": _facts(document), "html": text_html(document.text, document.entities, looks)}
            for document in documents
        ],
    }
    return await answered_json(answer, documents)


@asking.post("/page/file")
async def write_file(request: Request) -> Response:
    """A file of documents with entities, in an output format. The header Skipped-Records says how many it cannot hold."""
    asked = await asyncio.to_thread(parsed, await request.body(), FileRequest)
    documents = []
    for number, record in enumerate(asked.documents):
        try:
            documents.append(document_from_dict(record, str(number)))
        except ValueError as error:
            raise wrong_fields([Wrong(field=f"documents.{number}", message=str(error))]) from error
    try:
        schema = Schema(tuple(EntityType(item.name, item.query) for item in asked.types))
    except ValueError as error:
        raise wrong_fields([Wrong(field="types", message=str(error))]) from error
    left_out: list[DataError] = []
    content = b"".join([part async for part in written(_each(documents), asked.format, schema, left_out.append)])
    if left_out and len(left_out) == len(documents):
        raise wrong_fields([Wrong(field="documents", message=str(error)) for error in left_out])
    kind, headers = headers_of(asked.format)
    return Response(content, media_type=kind, headers={**headers, "Skipped-Records": str(len(left_out))})


def _answered(name: str) -> Response:
    content, kind = FILES[name]
    return Response(content, media_type=kind, headers=HEADERS)


def _facts(document: Document) -> list[dict[str, Any]]:
    found = []
    for entity in in_reading_order(document.entities):
        score = None if entity.score is None else round(entity.score, 4)
        fact = {"start": entity.start, "end": entity.end, "type": entity.type, "text": document.text_of(entity)}
        found.append({**fact, "score": score, "source": entity.source})
    return found


async def _each(documents: list[Document]) -> AsyncIterator[Document]:
    for document in documents:
        yield document
        await asyncio.sleep(0)  # other requests have their turn

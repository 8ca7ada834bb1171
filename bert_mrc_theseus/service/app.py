"""The service as one ASGI application."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from bert_mrc_theseus.provenance import package_version
from bert_mrc_theseus.service.bodies import EntitiesRequest
from bert_mrc_theseus.service.label_studio_routes import label_studio, told
from bert_mrc_theseus.service.limits import Limits
from bert_mrc_theseus.service.metrics import Metrics
from bert_mrc_theseus.service.page import asking, shown
from bert_mrc_theseus.service.problems import answer_problems
from bert_mrc_theseus.service.reading import Room
from bert_mrc_theseus.service.routes import entities, looking, working
from bert_mrc_theseus.service.security import guard
from bert_mrc_theseus.service.served_models import load_models
from bert_mrc_theseus.service.settings import ServiceSettings

TITLE = "bert-mrc-theseus"


def create_app(settings: ServiceSettings) -> FastAPI:
    """An application that is ready when its models are loaded, which is now.

    Args:
        settings: of the service.

    Raises:
        ModelError, UserError: see `served_models.load_models`.
    """
    metrics = Metrics()
    models = load_models(settings, metrics.on_batch)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with _set_by_signals(app.state.stopping):
            yield
        await asyncio.to_thread(models.close)

    # The pages that FastAPI makes of the document load scripts from elsewhere.
    # What it tells OpenTelemetry of an error quotes the error.
    app = FastAPI(
        title=TITLE,
        version=package_version(),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings, app.state.models, app.state.metrics = settings, models, metrics
    app.state.room, app.state.stopping = Room(), asyncio.Event()
    # Looked through in order, for each request.
    app.include_router(entities)
    app.include_router(looking)
    app.include_router(working)
    app.include_router(label_studio)
    app.include_router(told)
    app.include_router(shown)
    app.include_router(asking)
    answer_problems(app)
    app.add_middleware(Limits, settings=settings, metrics=metrics, stopping=app.state.stopping.is_set)
    guard(app, settings)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@contextmanager
def _set_by_signals(stopping: asyncio.Event) -> Iterator[None]:
    """Meanwhile the signals that end the server, which it handles itself, also set an event."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document; routes that read their body themselves have its form from here."""
    if app.openapi_schema is None:
        document = get_openapi(title=TITLE, version=app.version, routes=app.routes)
        form = EntitiesRequest.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        schemas.update(form.pop("$defs", {}))
        schemas[EntitiesRequest.__name__] = form
        if app.state.settings.token is None:
            for operation in (item for path in document["paths"].values() for item in path.values()):
                operation.pop("security", None)
        app.openapi_schema = document
    return app.openapi_schema

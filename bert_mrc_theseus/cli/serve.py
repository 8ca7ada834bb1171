"""`bert-mrc-theseus serve`: the HTTP service."""

from typing import Annotated

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.errors import UsageError
from bert_mrc_theseus.output.terminal import PlainConsole

TOKEN = "BMT_TOKEN"
"""Variable that holds the token, which a command line shows to everybody on the machine."""


def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Model folders, ner-zh-tiny or hf:OWNER/NAME, or NAME=FOLDER; default: ner-zh-small.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; another than this machine's own needs a token.", rich_help_panel=panels.ACCESS
        ),
    ] = ("127.0.0.1"),
    port: Annotated[
        int,
        typer.Option(help="Port to listen on; 0: any that is free.", min=0, max=65535, rich_help_panel=panels.ACCESS),
    ] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar=TOKEN, help="What requests must carry: Authorization: Bearer TOKEN.", rich_help_panel=panels.ACCESS
        ),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option(
            "--no-token", help="Whoever reaches the address may use the service.", rich_help_panel=panels.ACCESS
        ),
    ] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Origin of web pages that may call it, such as https://example.org.", rich_help_panel=panels.ACCESS
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Processes that serve.", min=1, max=256, rich_help_panel=panels.MODEL)
    ] = 1,
    max_body: Annotated[
        float,
        typer.Option(
            help="MiB of a request, or of a line of a stream.", min=0.001, max=1024, rich_help_panel=panels.LIMITS
        ),
    ] = 4.0,
    queue: Annotated[
        int,
        typer.Option(
            help="Requests of a process that may wait for their answer.",
            min=1,
            max=100_000,
            rich_help_panel=panels.LIMITS,
        ),
    ] = 256,
    timeout: Annotated[
        float,
        typer.Option(
            help="Seconds in which a request is answered.", min=0.1, max=86_400, rich_help_panel=panels.LIMITS
        ),
    ] = 60.0,
    wait: Annotated[
        float,
        typer.Option(
            help="Milliseconds that a text waits for others of its batch, though a thread is free.",
            min=0,
            max=1000,
            rich_help_panel=panels.MODEL,
        ),
    ] = 0.0,
    batch_tokens: Annotated[
        int,
        typer.Option(help="Tokens of a batch, padding included.", min=1, max=1_000_000, rich_help_panel=panels.MODEL),
    ] = 384,
    engine: Annotated[
        str,
        typer.Option(
            help="auto (ONNX if the model was exported), onnx or keras; see export.",
            autocompletion=complete.engines,
            rich_help_panel=panels.MODEL,
        ),
    ] = "auto",
    log_texts: Annotated[
        bool, typer.Option("--log-texts", help="Write all texts to the log.", rich_help_panel=panels.OUTPUT)
    ] = False,
) -> None:
    """Find entities in texts over HTTP: docs/service.md. SIGINT and SIGTERM end it when all is answered."""
    from bert_mrc_theseus.engines.choose import choose_engine
    from bert_mrc_theseus.service.settings import ServiceSettings, check_settings, named_models

    settings = ServiceSettings(
        models=named_models(models or ()),
        host=host,
        port=port,
        token=token,
        origins=tuple(allow_origin or ()),
        processes=workers,
        max_body=int(max_body * 2**20),
        queue=queue,
        timeout=timeout,
        wait=wait / 1000,
        batch_tokens=batch_tokens,
        engine=engine,
        log_texts=log_texts,
    )
    check_settings(settings)
    if token is not None and not (token.isascii() and token.isprintable() and token.strip() == token):
        raise UsageError("--token takes printable ASCII characters: it stands in a header of HTTP")
    if token is not None and no_token:
        raise UsageError("--token and --no-token exclude each other")
    if not settings.local and token is None and not no_token:
        raise UsageError(
            f"{host} can be reached from other machines: give a --token (or the variable {TOKEN}), or say --no-token"
        )
    for folder in settings.models.values():
        choose_engine(folder, engine)
    try:
        from bert_mrc_theseus.service.start import serve as run
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the service needs {error.name}, which is not installed: pip install 'bert-mrc-theseus[serve]'"
        ) from error
    if no_token and not settings.local:
        PlainConsole(stderr=True, soft_wrap=True).say(
            f"no token: whoever reaches {host} may use the service", style="yellow"
        )
    run(settings)

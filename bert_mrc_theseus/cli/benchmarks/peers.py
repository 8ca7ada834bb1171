"""`bert-mrc-theseus bench peers`: other programs beside our models."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Rounds
from bert_mrc_theseus.cli.values import check_names, comma_list, short_names
from bert_mrc_theseus.errors import DataError, UsageError, printable
from bert_mrc_theseus.output.terminal import PlainConsole, shown
from bert_mrc_theseus.outputs import check_output_files


def peers(
    data: Annotated[
        list[Path],
        typer.Option(
            help="JSONL file with gold entities, such as DATA/test.jsonl; several times.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.INPUT,
        ),
    ],
    models: Annotated[
        list[Path] | None,
        typer.Argument(help="Model folders; default: those that come along.", exists=True, file_okay=False),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(
            help="JSONL file whose texts are timed; default: those of --data.",
            exists=True,
            dir_okay=False,
            rich_help_panel=panels.INPUT,
        ),
    ] = None,
    sentences: Annotated[
        int, typer.Option(help="Timed texts of each file, its first.", min=1, rich_help_panel=panels.MEASUREMENT)
    ] = 500,
    rounds: Rounds = 3,
    threads: Annotated[
        int | None,
        typer.Option(help="Of each contender; default: all cores.", min=1, rich_help_panel=panels.MEASUREMENT),
    ] = None,
    contenders: Annotated[
        str | None,
        typer.Option(
            help="Which programs; default: all that are installed.",
            autocompletion=complete.programs,
            rich_help_panel=panels.MEASUREMENT,
        ),
    ] = None,
    out: Report = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Table in Markdown to write.", rich_help_panel=panels.OUTPUT)
    ] = None,
) -> None:
    """LAC and other programs from PyPI beside our models: strict F1 of names, sentences a second, loading, memory, size."""
    read = [*data, *([texts] if texts else [])]
    check_output_files([out, markdown], read)
    import datetime

    from bert_mrc_theseus.bench.peer_programs import PEERS, types_of_names
    from bert_mrc_theseus.bench.peers import Contender, bench_peers
    from bert_mrc_theseus.bench.peers_table import markdown_table
    from bert_mrc_theseus.engines.thread_pool import available_cores
    from bert_mrc_theseus.files.atomic_files import atomic_write
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.package_data import BUNDLED_MODELS, bundled_model
    from bert_mrc_theseus.provenance import command_line, write_json
    from bert_mrc_theseus.text.interchange import read_documents

    cores = available_cores()
    if threads is not None and threads > cores:
        raise UsageError(f"--threads is at most {cores}, the cores that this process may use. Received: {threads}")
    programs = list(PEERS) if contenders is None else comma_list(contenders, str, "--contenders")
    check_names(programs, PEERS, "--contenders")
    folders = list(models or map(bundled_model, BUNDLED_MODELS))
    labels = short_names(data, "--data", least=2)
    ours = short_names(folders, "MODEL")
    for folder in folders:
        types_of_names(folder)
    documents = {
        label: [document for document in read_documents(path) if document.text]
        for label, path in zip(labels, data, strict=True)
    }
    sources = [list(read_documents(texts))] if texts else list(documents.values())
    timed = [text for source in sources for text in [d.text for d in source if d.text][:sentences]]
    if not timed:
        raise DataError("no texts", read[-1])
    console = PlainConsole(stderr=True)
    report = bench_peers(
        [*map(Contender, ours, folders), *map(Contender, dict.fromkeys(programs))],
        documents,
        timed,
        rounds,
        threads or cores,
        console.say,
    )
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    table = markdown_table(report, date, command_line())
    # As it is: a console would break its lines.
    typer.echo(shown(table), nl=False)
    if markdown is not None:
        with atomic_write(markdown) as stream:
            stream.write(table)
    if out is not None:
        checksums = {printable(path): sha256_of(path) for path in read}
        write_json(out, {**report, "date": date, "command": command_line(), "sha256": checksums})

"""`bert-mrc-theseus bench`: comparisons of speed, each in one run."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bert_mrc_theseus.cli.given_values import CheckedCommand
from bert_mrc_theseus.cli.values import check_names, comma_list, short_names
from bert_mrc_theseus.errors import DataError, UsageError, UserError, printable
from bert_mrc_theseus.output.terminal import PlainConsole, shown
from bert_mrc_theseus.outputs import check_output_files

app = typer.Typer(help="Compare speed: engines, models, numbers of types.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Compare speed: engines, models, numbers of types."""


@app.command(cls=CheckedCommand)
def predict(
    models: Annotated[
        list[Path], typer.Argument(help="Model folders; the first is the reference.", exists=True, file_okay=False)
    ],
    data: Annotated[
        Path, typer.Option(help="JSONL file with the texts, such as DATA/test.jsonl.", exists=True, dir_okay=False)
    ],
    types: Annotated[str, typer.Option(help="Numbers of types, T.")] = "1,3,10",
    sentences: Annotated[int, typer.Option(help="Sentences of the short workload.", min=1)] = 200,
    long_documents: Annotated[int, typer.Option(help="Documents of the long workload; 0: none.", min=0)] = 8,
    long_size: Annotated[int, typer.Option(help="Characters of a long document.", min=1)] = 2000,
    rounds: Annotated[int, typer.Option(help="Timed rounds; the fastest counts.", min=1)] = 3,
    contenders: Annotated[str | None, typer.Option(help="Which; default: all that are installed.")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """Every engine on every model: sentences, characters and tokens a second, GFLOP/s, latency, memory."""
    check_output_files([out], [data])
    counts = comma_list(types, int, "--types", 1)
    from bert_mrc_theseus.bench.contenders import CONTENDERS

    names = list(CONTENDERS) if contenders is None else comma_list(contenders, str, "--contenders")
    check_names(names, CONTENDERS, "--contenders")
    from bert_mrc_theseus.bench.predict import bench_predict
    from bert_mrc_theseus.bench.workload import Workload
    from bert_mrc_theseus.files.sha256 import sha256_of
    from bert_mrc_theseus.provenance import command_line, write_json
    from bert_mrc_theseus.text.interchange import read_documents

    console = _wide_console()
    texts = [document.text for document in read_documents(data) if document.text]
    if not texts:
        raise DataError("no texts", data)
    short = tuple(texts[:sentences])
    joined = "".join(texts)
    long = tuple(joined[i * long_size : (i + 1) * long_size] for i in range(long_documents))
    workloads = [
        Workload(name, chosen, count)
        for name, chosen in (("short", short), ("long", tuple(filter(None, long))))
        for count in counts
        if chosen
    ]
    reference = (models[0], "torch fp32")
    report = bench_predict(models, workloads, rounds, reference, console.print, names)
    _print(console, report)
    if out is not None:
        write_json(out, {**report, "command": command_line(), "data": {"file": data.name, "sha256": sha256_of(data)}})


@app.command(cls=CheckedCommand)
def train(
    model: Annotated[
        Path,
        typer.Argument(help="The predecessor's model folder, such as RUN/stage0/best.", exists=True, file_okay=False),
    ],
    data: Annotated[
        Path,
        typer.Option(help="JSONL file of training documents, such as DATA/train.jsonl.", exists=True, dir_okay=False),
    ],
    steps: Annotated[int, typer.Option(help="Batches a round.", min=1)] = 8,
    tokens: Annotated[int, typer.Option(help="Tokens of a batch.", min=1)] = 2048,
    rounds: Annotated[int, typer.Option(help="Timed rounds; the fastest counts.", min=1)] = 3,
    contenders: Annotated[str | None, typer.Option(help="Which, separated by semicolons; default: all.")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """Optimisation steps of the three stages, beside PyTorch with the same encoder."""
    check_output_files([out], [data])
    from bert_mrc_theseus.bench.train_worker import TRAINERS

    names = list(TRAINERS) if contenders is None else contenders.split(";")
    check_names(names, TRAINERS, "--contenders")
    from bert_mrc_theseus.bench.train import bench_train
    from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
    from bert_mrc_theseus.model_files.model_folder import load_spec
    from bert_mrc_theseus.text.interchange import read_documents

    import_tensorflow()
    spec = load_spec(model)
    if spec.config.shares_all:
        raise UserError(f"{model} reads query and context apart; bench train measures models that read them together")
    examples = spec.examples(list(read_documents(data)))
    console = PlainConsole(stderr=True)
    report = bench_train(model, examples, steps, tokens, rounds, console.print, names)
    _show(report, out)


@app.command(cls=CheckedCommand)
def cold_start(
    model: Annotated[Path, typer.Argument(help="Model folder.", exists=True, file_okay=False)],
    rounds: Annotated[int, typer.Option(help="Runs of each engine; the median counts.", min=1)] = 5,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """One sentence by `predict`, from the start of the process to the end of its output."""
    check_output_files([out])
    from bert_mrc_theseus.bench.cold_start import bench_cold_start

    _show(bench_cold_start(model, rounds), out)


@app.command(cls=CheckedCommand)
def scaling(
    data: Annotated[Path, typer.Option(help="JSONL file whose texts fill the files.", exists=True, dir_okay=False)],
    model: Annotated[
        Path | None, typer.Option(help="Model folder; default: a tiny random model.", exists=True, file_okay=False)
    ] = None,
    megabytes: Annotated[str, typer.Option(help="Sizes of the text files.")] = "0.1,1,10",
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """Text files of several sizes by `predict`: time should grow with them, memory not."""
    check_output_files([out], [data])
    sizes = comma_list(megabytes, float, "--megabytes", 0.001)
    from bert_mrc_theseus.bench.scaling import bench_scaling
    from bert_mrc_theseus.text.interchange import read_documents

    texts = [document.text for document in read_documents(data) if document.text]
    _show(bench_scaling(model, texts, sizes), out)


@app.command(cls=CheckedCommand)
def processes(
    data: Annotated[list[str], typer.Argument(metavar="DATA...", help="Text, JSONL or gz files, or folders of them.")],
    model: Annotated[
        Path | None,
        typer.Option("-m", "--model", help="Model folder; default: ner-zh-small.", exists=True, file_okay=False),
    ] = None,
    sentences: Annotated[int, typer.Option(help="Texts, the first ones.", min=2)] = 20_000,
    workers: Annotated[int, typer.Option(help="Processes, and actors.", min=1, max=1024)] = 2,
    ray: Annotated[bool, typer.Option("--ray", help="Also on a Ray cluster of this machine.")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """The same texts by `predict` alone, by its workers, and by `predict-ray`: equal, how fast, and what the parent does."""
    check_output_files([out], data)
    from itertools import islice

    from bert_mrc_theseus.bench.processes import bench_processes
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.prediction.input_files import find_inputs
    from bert_mrc_theseus.prediction.inputs import read_inputs

    console = PlainConsole(stderr=True)
    documents = read_inputs(find_inputs(data), lambda error: console.print(f"skipped: {error}"))
    texts = list(islice((document.text for document in documents if document.text), sentences))
    if len(texts) < 2:
        raise DataError("less than two texts", data[0])
    _show(bench_processes(model or bundled_model(), texts, workers, ray), out)


@app.command(cls=CheckedCommand)
def shared(
    model: Annotated[
        Path, typer.Argument(help="A successor's model folder, such as RUN/stage2/best.", exists=True, file_okay=False)
    ],
    data: Annotated[
        Path, typer.Option(help="JSONL file with the texts, such as DATA/test.jsonl.", exists=True, dir_okay=False)
    ],
    types: Annotated[str, typer.Option(help="Numbers of types, T, rising.")] = "1,3,8,10,30",
    sentences: Annotated[int, typer.Option(help="Texts, the file's first.", min=1)] = 60,
    int8: Annotated[bool, typer.Option("--int8", help="Dense layers in int8.")] = False,
    rounds: Annotated[int, typer.Option(help="Timed rounds; the fastest counts.", min=1)] = 3,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """What shared layers save: the same weights with 0, 1, ... S of them, by number of types."""
    check_output_files([out], [data])
    counts = sorted({int(count) for count in comma_list(types, int, "--types", 1)})
    from itertools import islice

    from bert_mrc_theseus.bench.shared_context import bench_shared
    from bert_mrc_theseus.model_files.model_folder import load_model
    from bert_mrc_theseus.text.interchange import read_documents

    texts = [document.text for document in islice((d for d in read_documents(data) if d.text), sentences)]
    if not texts:
        raise DataError("no texts", data)
    console = PlainConsole(stderr=True)
    _show(bench_shared(load_model(model), texts, counts, rounds, int8, console.print), out)


@app.command(cls=CheckedCommand)
def service(
    data: Annotated[
        Path, typer.Option(help="JSONL file with the texts, such as DATA/test.jsonl.", exists=True, dir_okay=False)
    ],
    model: Annotated[
        Path | None, typer.Option(help="Model folder; default: ner-zh-small.", exists=True, file_okay=False)
    ] = None,
    requests: Annotated[int, typer.Option(help="Requests of a round, one text each.", min=1, max=1_000_000)] = 1000,
    clients: Annotated[str, typer.Option(help="Numbers of clients at once.")] = "1,10,50",
    rounds: Annotated[int, typer.Option(help="Rounds; the fastest counts.", min=1)] = 2,
    memory_requests: Annotated[
        int, typer.Option(help="Requests in which memory should not grow; 0: none.", min=0, max=1_000_000)
    ] = 20_000,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
) -> None:
    """The HTTP service under load, beside an Extractor on the same texts: failures, wrong answers, speed, memory."""
    check_output_files([out], [data])
    counts = comma_list(clients, int, "--clients")
    from bert_mrc_theseus.bench.service import bench_service
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.text.interchange import read_documents

    if not all(1 <= count <= 1000 for count in counts):
        raise UsageError(f"--clients takes numbers from 1 to 1000. Received: {clients!r}")
    texts = [document.text for document in read_documents(data) if document.text]
    if not texts:
        raise DataError("no texts", data)
    console = PlainConsole(stderr=True)
    report = bench_service(model or bundled_model(), texts, requests, counts, rounds, memory_requests, console.print)
    _show(report, out)
    if report["memory"]:
        _show({"rows": report["memory"]}, None)


@app.command(cls=CheckedCommand)
def peers(
    data: Annotated[
        list[Path],
        typer.Option(
            help="JSONL file with gold entities, such as DATA/test.jsonl; several times.", exists=True, dir_okay=False
        ),
    ],
    models: Annotated[
        list[Path] | None,
        typer.Argument(help="Model folders; default: the one that comes along.", exists=True, file_okay=False),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="JSONL file whose texts are timed; default: those of --data.", exists=True, dir_okay=False),
    ] = None,
    sentences: Annotated[int, typer.Option(help="Timed texts of each file, its first.", min=1)] = 500,
    rounds: Annotated[int, typer.Option(help="Timed rounds; the fastest counts.", min=1)] = 3,
    threads: Annotated[int | None, typer.Option(help="Of each contender; default: all cores.", min=1)] = None,
    contenders: Annotated[str | None, typer.Option(help="Which programs; default: all that are installed.")] = None,
    out: Annotated[Path | None, typer.Option(help="JSON report to write.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Table in Markdown to write.")] = None,
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
    from bert_mrc_theseus.package_data import bundled_model
    from bert_mrc_theseus.provenance import command_line, write_json
    from bert_mrc_theseus.text.interchange import read_documents

    cores = available_cores()
    if threads is not None and threads > cores:
        raise UsageError(f"--threads is at most {cores}, the cores that this process may use. Received: {threads}")
    programs = list(PEERS) if contenders is None else comma_list(contenders, str, "--contenders")
    check_names(programs, PEERS, "--contenders")
    folders = list(models or [bundled_model()])
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
        console.print,
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


def _wide_console() -> PlainConsole:
    """Tables of a benchmark need room, also where standard output is a file."""
    console = PlainConsole()
    return console if console.width >= 120 else PlainConsole(width=120)


def _show(report: dict[str, Any], out: Path | None) -> None:
    """Prints rows as they are, and writes the report."""
    from bert_mrc_theseus.provenance import command_line, write_json

    console = _wide_console()
    table = Table(*report["rows"][0])
    for row in report["rows"]:
        table.add_row(*map(str, row.values()))
    console.print(table)
    if out is not None:
        write_json(out, {**report, "command": command_line()})


def _print(console: PlainConsole, report: dict[str, Any]) -> None:
    columns = (
        "model",
        "engine",
        "texts",
        "T",
        "sent/s",
        "read %",
        "tok/s",
        "GFLOP/s",
        "of peak",
        "ratio",
        "p50 ms",
        "p95 ms",
        "MB",
    )
    table = Table(*columns, box=None, padding=(0, 1))
    previous = None
    for row in report["rows"]:
        workload = (row["workload"], row["types"])
        if previous not in (None, workload):
            table.add_section()
        previous = workload
        table.add_row(
            "/".join(Path(row["model"]).parts[-2:]),
            row["contender"],
            row["workload"],
            str(row["types"]),
            f"{row['sentences_per_second']:,.1f}",
            f"{row['reading'] / row['seconds']:.1%}",
            f"{row['tokens_per_second']:,.0f}",
            f"{row['gflops']:,.0f}",
            f"{row['peak_share']:.0%}",
            f"{row['ratio']:.2f}",
            f"{row['latency_p50']:.1f}",
            f"{row['latency_p95']:.1f}",
            f"{row['memory']:,.0f}",
        )
    console.print(table)
    machine = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    console.print(f"{machine['processor']}, {machine['cores']} cores; {versions}")

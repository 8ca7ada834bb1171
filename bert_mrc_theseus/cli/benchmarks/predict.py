"""`bert-mrc-theseus bench predict`: every engine on every model."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bert_mrc_theseus.cli import complete, panels
from bert_mrc_theseus.cli.benchmarks.options import Report, Rounds, Texts
from bert_mrc_theseus.cli.benchmarks.printing import wide_console
from bert_mrc_theseus.cli.values import check_names, comma_list
from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.output.terminal import PlainConsole
from bert_mrc_theseus.outputs import check_output_files


def predict(
    models: Annotated[
        list[Path], typer.Argument(help="Model folders; the first is the reference.", exists=True, file_okay=False)
    ],
    data: Texts,
    types: Annotated[str, typer.Option(help="Numbers of types, T.", rich_help_panel=panels.MEASUREMENT)] = "1,3,10",
    sentences: Annotated[
        int, typer.Option(help="Sentences of the short workload.", min=1, rich_help_panel=panels.MEASUREMENT)
    ] = 200,
    long_documents: Annotated[
        int, typer.Option(help="Documents of the long workload; 0: none.", min=0, rich_help_panel=panels.MEASUREMENT)
    ] = 8,
    long_size: Annotated[
        int, typer.Option(help="Characters of a long document.", min=1, rich_help_panel=panels.MEASUREMENT)
    ] = 2000,
    rounds: Rounds = 3,
    contenders: Annotated[
        str | None,
        typer.Option(
            help="Which; default: all that are installed.",
            autocompletion=complete.contenders,
            rich_help_panel=panels.MEASUREMENT,
        ),
    ] = None,
    out: Report = None,
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

    console = wide_console()
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
    report = bench_predict(models, workloads, rounds, reference, console.say, names)
    _print(console, report)
    if out is not None:
        write_json(out, {**report, "command": command_line(), "data": {"file": data.name, "sha256": sha256_of(data)}})


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
    console.say(f"{machine['processor']}, {machine['cores']} cores; {versions}")

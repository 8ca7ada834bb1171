"""Tables of speed.md, large.md, service.md and README: what `bench` wrote."""

from pathlib import Path
from typing import Any

from docs._figures.reports import one, report
from docs._figures.table import Cell, Table, Text

PREDECESSOR = Text("predecessor", "前任")
SUCCESSOR = Text("successor", "继任")
FOLDERS = {
    "predecessor/stage0": PREDECESSOR, "resume/stage0": PREDECESSOR, "linear-6/stage2": Text("successor, K = 0", "继任，K = 0"),
    "linear-6-shared5/stage2": Text("successor, K = 5", "继任，K = 5"), "resume/stage2": SUCCESSOR,
    "resume-shared/stage2": Text("successor, K = 4", "继任，K = 4"),
}  # fmt: skip
"""What the models of `bench predict` are, by the end of their folders' names."""


def speed_predict() -> Table:
    """Sentences, by every engine."""
    return _predict("bench-predict", "short")


def speed_long() -> Table:
    """Long documents."""
    return _predict("bench-predict-long", "long")


def _predict(name: str, workload: str) -> Table:
    heads: list[Cell] = [
        Text("model", "模型"), Text("engine", "引擎"), "T", Text("sentences/s", "句/秒"), Text("tokens/s", "词元/秒"),
        "GFLOP/s", Text("of peak", "占峰值"), Text("ratio", "倍数"), Text("p50 / p95 ms", "p50 / p95 毫秒"), "MB",
    ]  # fmt: skip
    rows = [row for row in report(name)["rows"] if row["workload"] == workload]
    return Table(heads, [_engine(row) for row in rows])


def _engine(row: dict[str, Any]) -> list[Cell]:
    return [
        FOLDERS["/".join(Path(row["model"]).parts[-3:-1])],
        row["contender"],
        str(row["types"]),
        f"{row['sentences_per_second']:.1f}",
        f"{row['tokens_per_second']:,.0f}",
        f"{row['gflops']:,.0f}",
        f"{row['peak_share']:.0%}",
        f"{row['ratio']:.2f}",
        f"{row['latency_p50']:.1f} / {row['latency_p95']:.1f}",
        f"{row['memory']:,.0f}",
    ]


def speed_summary() -> Table:
    """README's: sentences a second over the predecessor's on PyTorch."""
    kinds: list[tuple[str, Text, tuple[str, ...]]] = [("predecessor/stage0", PREDECESSOR, ("torch fp32", "torch bf16"))]
    kinds += [
        ("linear-6/stage2", SUCCESSOR, ("torch fp32", "torch bf16", "keras fp32", "onnx fp32", "onnx int8")),
        (
            "linear-6-shared5/stage2",
            Text("successor with 5 shared layers", "共享 5 层的继任"),
            ("onnx fp32", "onnx int8"),
        ),
    ]
    rows: list[list[Cell]] = []
    for folder, name, engines in kinds:
        for engine in engines:
            ratios = [of_engine(folder, engine, count)["ratio"] for count in (1, 3, 10)]
            title = Text(f"{name.en}, {engine}", f"{name.zh}，{engine}")
            rows.append([title, *(f"{ratio:.2f}" for ratio in ratios)])
    return Table(["", "T = 1", "T = 3", "T = 10"], rows)


def of_engine(folder: str, engine: str, types: int) -> dict[str, Any]:
    """An engine's row of `bench predict`."""
    model = f"runs/compare/resume/seed42/{folder}/best"
    return one(report("bench-predict")["rows"], model=model, contender=engine, types=types)


def speed_train() -> Table:
    """Steps of training."""
    return _train("bench-train")


def speed_by_text() -> Table:
    """Steps of training by text."""
    return _train("bench-train-by-text")


def _train(name: str) -> Table:
    words = {"stage": "阶段", ", both branches": "，两个分支都算", ", by text": "，按文本"}
    rows: list[list[Cell]] = []
    for row in report(name)["rows"]:
        chinese = row["contender"]
        for word, meaning in words.items():
            chinese = chinese.replace(word, meaning)
        title = Text(row["contender"], chinese)
        rows.append([title, f"{row['seconds']:.2f}", f"{row['tokens_per_second']:,.0f}", f"{row['ratio']:.2f}"])
    heads: list[Cell] = [
        "",
        Text("seconds a step", "秒/步"),
        Text("tokens/s", "词元/秒"),
        Text("over the first", "与第一行之比"),
    ]
    return Table(heads, rows)


def speed_scaling() -> Table:
    """Files of several sizes."""
    rows = [
        [f"{row['megabytes']:.1f}", f"{row['documents']:,}", f"{row['seconds']:.1f}", f"{row['memory']:.1f}"]
        for row in report("bench-scaling")["rows"]
    ]
    return Table(["MB", Text("documents", "文本数"), Text("seconds", "秒"), Text("peak MB", "峰值 MB")], rows)


def large_processes() -> Table:
    """`predict`, its workers, and Ray."""
    commands = {
        "alone": "`predict`",
        "--workers 2": "`predict --workers 2`",
        "Ray, 2 actors": "`predict-ray --workers 2`",
    }
    heads: list[Cell] = [
        "", Text("start-up, s", "启动，秒"), Text("all, s", "全部，秒"), Text("texts/s", "文本/秒"), Text("CPU, s", "CPU 秒"),
        Text("documents with other entities", "实体不同的文本"), Text("largest difference of a score", "分数的最大差别"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for row in report("bench-processes")["rows"]:
        alone = row["way"] == "alone"
        difference = f"{row['scores']:.0e}".replace("e-0", "e-") if row["scores"] else "0"
        seconds = [f"{row['start-up s']:.1f}", f"{row['all s']:.0f}", f"{row['texts/s']:.0f}", f"{row['CPU s']:.1f}"]
        rows.append([commands[row["way"]], *seconds, *(["", ""] if alone else [str(row["other"]), difference])])
    return Table(heads, rows)


def service_load() -> Table:
    """The HTTP service, by number of clients, in the order of one client to many."""
    heads: list[Cell] = [
        Text("clients", "客户端"), Text("failures", "失败"), Text("other answers", "应答不同"),
        Text("p50, p95 over those of one client", "p50、p95，相对于一个客户端"),
        Text("texts a second, of `Extractor`'s", "每秒文本数，相对于 `Extractor`"),
        Text("processor time of `Extractor`, of the service's", "`Extractor` 的处理器时间，相对于服务的"),
    ]  # fmt: skip
    found = report("bench-service")["rows"]
    single = one(found, clients="1")["p50_ms"]
    rows: list[list[Cell]] = []
    for row in sorted(found, key=lambda row: (row["p50_ms"] is None, row["p50_ms"])):
        waited = "" if row["p50_ms"] is None else f"{row['p50_ms'] / single:.2g}, {row['p95_ms'] / single:.2g}"
        name = row["clients"] if row["p50_ms"] is not None else Text(row["clients"], "1，每次许多段")
        ratios = [f"{row['of_speed']:.2f}", f"{row['of_cpu']:.2f}"]
        rows.append([name, str(row["failures"]), str(row["unequal"]), waited, *ratios])
    return Table(heads, rows)

"""Tables of scores: the model card, peers.md, queries.md and nested.md, from what `evaluate` and `bench` wrote."""

from typing import Any

from docs._figures.reports import f1_of, one, report
from docs._figures.table import Cell, Table, Text

PRECISION = Text("precision", "精确率")
RECALL = Text("recall", "召回率")
STRICT = Text("strict F1", "严格 F1")

CARD = {
    "msra": Text("MSRA test", "MSRA 测试集"),
    "msra-joined": Text("MSRA test as paragraphs", "MSRA 测试集，按段落"),
    "uner": Text("UNER Chinese-GSDSIMP test", "UNER Chinese-GSDSIMP 测试集"),
    "uner_gsd": Text("UNER Chinese-GSD test", "UNER Chinese-GSD 测试集"),
    "weibo-nam": Text("Weibo test (names only), never trained on", "微博测试集（只算名称），没有用来训练"),
    "today": Text("text of today (`data/today`), never trained on", "今天的文本（`data/today`），没有用来训练"),
    "cmner": Text("CMNER dev", "CMNER 开发集"),
}
"""Gold data of the model cards, by the reports' names."""


def card_scores(model: str) -> Table:
    """A bundled model on test sets, and on two dev sets of text of today."""
    rows: list[list[Cell]] = []
    for name, title in CARD.items():
        strict = report(f"{model}-{name}")["strict"]
        micro = strict["micro"]
        of_types = [f"{strict['types'][kind]['f1']:.4f}" for kind in ("PER", "LOC", "ORG")]
        own = [f"{micro['support']:,}", f"{micro['precision']:.4f}", f"{micro['recall']:.4f}", f"**{micro['f1']:.4f}**"]
        rows.append([title, *own, *of_types])
    return Table(["", Text("entities", "实体"), PRECISION, RECALL, "F1", "PER", "LOC", "ORG"], rows)


def short_name(file: str) -> str:
    """A data file of `bench peers` without what all have: `msra/data/test.jsonl` -> `msra/test`."""
    return file.removesuffix(".jsonl").replace("/data/", "/")


def peers() -> Table:
    """Our model beside other programs."""
    found = report("bench-peers")
    heads: list[Cell] = ["", Text("version", "版本")]
    heads += [f"F1 {short_name(name)}" for name in found["data"]]
    heads += [
        Text("sentences/s", "句/秒"), Text("per CPU s", "每 CPU 秒"), Text("load s", "加载，秒"), Text("memory MB", "内存 MB"),
        Text("files MB", "文件 MB"), Text("libraries MB", "库 MB"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            row["contender"],
            row["version"],
            *(f"{row['scores'][name]['micro']['f1']:.4f}" for name in found["data"]),
            f"{row['sentences_per_second']:,.0f}",
            f"{row['sentences_per_cpu_second']:,.0f}",
            f"{row['load_seconds']:.1f}",
            f"{row['memory']:,.0f}",
            f"{row['files']:,.1f}",
            f"{row['libraries']:,.0f}",
        ]
        for row in found["rows"]
    ]
    return Table(heads, rows)


def peers_summary() -> Table:
    """README's: the same in short, without the tagger that is no finder of names."""
    found = report("bench-peers")
    files: dict[str, Cell] = {
        "today/dev": Text("text of today", "今天的文本"), "weibo/test": Text("Weibo", "微博"),
        "uner/test": "UNER", "msra/test": "MSRA",
    }  # fmt: skip
    names = {short_name(file): file for file in found["data"]}
    own = {
        "ner-zh-small": Text("**ner-zh-small**, this project's default", "**ner-zh-small**，本项目的默认模型"),
        "ner-zh-tiny": Text("**ner-zh-tiny**, this project's small one", "**ner-zh-tiny**，本项目的小模型"),
    }
    heads: list[Cell] = ["", *files.values(), Text("sentences/s", "句/秒"), Text("memory MB", "内存 MB")]
    rows: list[list[Cell]] = [
        [
            own.get(row["contender"], f"{row['contender']} {row['version']}"),
            *(f"{row['scores'][names[file]]['micro']['f1']:.4f}" for file in files),
            f"{row['sentences_per_second']:,.0f}",
            f"{row['memory']:,.0f}",
            f"{row['files']:,.1f}",
            f"{row['libraries']:,.0f}",
        ]
        for row in found["rows"]
        if row["contender"] != "jieba.posseg"
    ]
    return Table([*heads, Text("files MB", "文件 MB"), Text("libraries MB", "库 MB")], rows)


def queries() -> Table:
    """Kinds of queries on Resume."""
    titles: dict[str, Cell] = {
        "name": "`name`", "short": "**`short`**", "query": Text("`query` (definition)", "`query`（定义）"),
        "examples": "`examples`",
    }  # fmt: skip
    trained = report("queries-training")["rows"]
    speeds = report("queries-bench")["rows"]
    rows: list[list[Cell]] = []
    for style, title in titles.items():
        training = one(trained, style=style)
        scores = [f"{f1_of(report(f'queries-{style}')):.4f}", f"{training['dev_f1']:.4f}"]
        if style == "short":
            scores = [f"**{text}**" for text in scores]
        size = str(training["characters"])
        speed = one(speeds, model=f"runs/queries/{style}-42/stage0/best")["ratio"]
        named = Text(f"{size} (Latin)", f"{size}（拉丁字母）") if style == "name" else size
        rows.append([title, named, *scores, f"{training['tokens']:.2f} x", f"{speed:.2f} x"])
    heads: list[Cell] = [
        "`--queries`", Text("characters a query", "问题字数"), Text("strict F1 test", "严格 F1：测试集"), Text("dev", "开发集"),
        Text("tokens of training", "训练的词元数"), Text("sentences/s", "句/秒"),
    ]  # fmt: skip
    return Table(heads, rows)


def nested_cmeee() -> Table:
    """CMeEE, flat and nested, without match head and with it."""
    return _nested({"cmeee-4000-plain": NO_HEAD, "cmeee-4000-match": HEAD})


def nested_peoples_daily() -> Table:
    """People's Daily 1998, with match head."""
    return _nested({"pfr-match": MATCH_HEAD})


NO_HEAD = Text("without match head", "无匹配头")
HEAD = Text("with it", "有匹配头")
MATCH_HEAD = Text("with match head", "有匹配头")


def _nested(models: dict[str, Text]) -> Table:
    names = [(f"{model}{way}", title, way) for model, title in models.items() for way in ("-flat", "")]
    best = max(f1_of(report(f"nested-{name}")) for name, _, _ in names)
    rows: list[list[Cell]] = []
    for number, (name, title, way) in enumerate(names):
        found = report(f"nested-{name}")
        micro = found["strict"]["micro"]
        f1 = f"{micro['f1']:.4f}"
        counts = [_of_all(found["nested"][kind], not number) for kind in ("flat", "outer", "inner")]
        decoding = Text("flat", "不重叠") if way else "`--nested`"
        scores = [f"{micro['precision']:.4f}", f"{micro['recall']:.4f}", f"**{f1}**" if micro["f1"] == best else f1]
        rows.append([title, decoding, *scores, *counts])
    found_heads = [Text("found: flat", "找到：普通"), Text("outer", "外层"), Text("inner", "内层")]
    return Table([Text("trained", "训练"), Text("decoding", "解码"), PRECISION, RECALL, STRICT, *found_heads], rows)


def _of_all(part: dict[str, Any], first: bool) -> Cell:
    """How many of a kind were found; in the first row also how many there are."""
    correct, support = f"{part['correct']:,}", f"{part['support']:,}"
    return Text(f"{correct} of {support}", f"{correct} / {support}") if first else correct

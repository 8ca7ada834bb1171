"""The table of `bench peers` in Markdown."""

from typing import Any

NOTHING = "–"
"""Where there is no number: a file without names."""


def markdown_table(report: dict[str, Any], date: str, command: str) -> str:
    """A row a contender, and below it what was compared, on what.

    Args:
        report: of `peers.bench_peers`.
        date: of the run.
        command: that made it.
    """
    data = list(report["data"])
    heads = ["", "version", *(f"F1 {_short(name)}" for name in data), "sentences/s", "per CPU s", "load s", "memory MB"]
    heads += ["files MB", "libraries MB"]
    lines = [_line(heads), "|" + "---|" * len(heads)]
    for row in report["rows"]:
        lines.append(
            _line(
                [
                    row["contender"],
                    row["version"],
                    *(_f1(row["scores"][name]["micro"]) for name in data),
                    f"{row['sentences_per_second']:,.0f}",
                    f"{row['sentences_per_cpu_second']:,.0f}",
                    f"{row['load_seconds']:.1f}",
                    f"{row['memory']:,.0f}",
                    f"{row['files']:,.1f}",
                    f"{row['libraries']:,.0f}",
                ]
            )
        )
    machine, timed = report["machine"], report["timed"]
    vnni = {True: " with VNNI", False: " without VNNI"}.get(machine["vnni"], "")
    load = machine["load_average"]
    busy = "" if load is None else f", load average {load} before the run"
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    threads = f"{report['threads']} thread{'s' if report['threads'] > 1 else ''} each"
    notes = [
        "Strict F1 of names (PER, LOC, ORG); entities of other types are left out, of gold and of what is found. "
        f"Speed: {timed['sentences']:,} texts of {timed['characters']:,} characters, fastest of {report['rounds']} "
        f"round{'s' if report['rounds'] > 1 else ''}, {threads}; `per CPU s` counts processor time. `load`: until a "
        "first sentence is answered. `memory`: peak of the process. `files`: weights and dictionaries; `libraries`: what "
        "must be installed beside.",
        f"{machine['processor']}{vnni}, {machine['cores']} cores{busy}, {date}; Python {machine['python']}, {versions}.",
        *(f"{_short(name)}: {_types(facts)}." for name, facts in report["data"].items()),
        *(f"Left out: {name}: {reason}" for name, reason in report["left_out"].items()),
    ]
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), "", "```sh", command, "```", ""])


def _short(name: str) -> str:
    """A data file without what all have: "msra/data/test.jsonl" -> "msra/test"."""
    return name.removesuffix(".jsonl").replace("/data/", "/")


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _f1(scores: dict[str, Any]) -> str:
    return f"{scores['f1']:.4f}" if scores["support"] else NOTHING


def _types(facts: dict[str, Any]) -> str:
    """How many texts a file has, and what becomes of its types."""
    kept, left_out = [], []
    for kind, fate in facts["types"].items():
        if fate["as"] is None:
            left_out.append(f"{kind} ({fate['entities']:,})")
        else:
            kept.append(kind + ("" if fate["as"] == kind else f" as {fate['as']}") + f" ({fate['entities']:,})")
    said = f"{facts['sentences']:,} texts, {', '.join(kept) or 'no names'}"
    return said + (f"; left out: {', '.join(left_out)}" if left_out else "")

"""`report`: predictions against gold on one page that needs no other file, and what one system found and another did not.

Scores of every system and type, what changed from the first system to each other one, how far scores can be trusted, which
types are confused, learning curves, how everything was made, and each mistake with gold and predicted entities in its text.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from bert_mrc_theseus.drawing.colours import looks_of
from bert_mrc_theseus.drawing.marking import legend_html, mark
from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.evaluation.calibration import ScoreBin, calibration, confusion
from bert_mrc_theseus.evaluation.changes import Change, Changes, changes_by_type
from bert_mrc_theseus.evaluation.learning_curves import Curves
from bert_mrc_theseus.evaluation.metrics import PRF
from bert_mrc_theseus.evaluation.mistakes import KINDS, Mistake, analyse_document, count_kinds
from bert_mrc_theseus.evaluation.systems import System
from bert_mrc_theseus.output.entity_html import render
from bert_mrc_theseus.output.svg_charts import Line, line_chart
from bert_mrc_theseus.text.documents import Document, Entity

SURROUNDINGS = 60
"""Characters shown on each side of a mistake."""

EXAMPLES = 20
"""Of entities that were lost, or gained, shown for each type."""

NONE = "–"
"""Stands for no entity in the table of confusions."""


@dataclass(frozen=True)
class ReportData:
    """What the systems were evaluated on, and how.

    Attributes:
        file: name of the file with the gold documents.
        sha256: of that file.
        command: that makes the page.
        versions: see `provenance.versions`.
    """

    file: str
    sha256: str
    command: str
    versions: Mapping[str, str]


def report_page(
    title: str, systems: Sequence[System], gold: Sequence[Document], data: ReportData, curves: Sequence[Curves] = ()
) -> str:
    """The page.

    Args:
        title: of the page.
        systems: what is compared, at least one; the first is what the others are measured by.
        gold: what they were evaluated on.
        data: what is said of `gold`.
        curves: of the runs among the systems.
    """
    types = list(dict.fromkeys(name for system in systems for name in system.evaluation.strict.types))
    looks = looks_of(types)
    counts = Counter(entity.type for document in gold for entity in document.entities)
    return render(
        "report.html.j2",
        title=title,
        legend=Markup(legend_html(looks, counts)),
        types=types,
        gold_entities=sum(counts.values()),
        documents=len(gold),
        characters=sum(len(document.text) for document in gold),
        rows=[_row(system, systems[0], gold) for system in systems],
        scores={name: [system.evaluation.strict.types.get(name, PRF()) for system in systems] for name in types},
        micro=[system.evaluation.strict.micro for system in systems],
        changes=[_changed(gold, systems[0], system, types, looks) for system in systems[1:]],
        trust=[_trust(gold, system, types) for system in systems],
        no_entity=NONE,
        curves=curves,
        making=[_making(system) for system in systems],
        data=data,
        kinds=KINDS,
        kind_counts=[count_kinds(system.evaluation.mistakes) for system in systems],
        mistakes=[item for number in range(len(systems)) for item in _mistakes(number, systems, gold, looks)],
    )


def _row(system: System, first: System, gold: Sequence[Document]) -> dict[str, Any]:
    """A line of the table of systems; None where something is not known."""
    evaluation, model = system.evaluation, system.model
    micro, reference = evaluation.strict.micro, first.evaluation.strict.micro
    characters = sum(len(document.text) for document in gold)
    return {
        "name": system.name,
        "layers": model and model.spec.config.encoder.num_layers,
        "shared": model and model.spec.config.shared.layers,
        "parameters": model and model.parameters,
        "size": model and model.size,
        "speed": evaluation.seconds and characters / evaluation.seconds,
        "micro": micro,
        "retention": micro.f1 / reference.f1 if reference.f1 else None,
        "minutes": model and model.minutes,
        "string_set": evaluation.string_set.f1,
        "clipped": evaluation.clipped if model else None,
        "nested": evaluation.nested,
    }


def _changed(
    gold: Sequence[Document], first: System, second: System, types: Sequence[str], looks: Mapping[str, int]
) -> dict[str, Any]:
    """What the second system found and the first did not, and the reverse; with examples."""
    before, after = first.evaluation.predicted, second.evaluation.predicted
    by_type = changes_by_type(gold, before, after, types)

    def example(change: Change) -> dict[str, Any]:
        document, entity = gold[change.document], change.entity
        return {
            "document": document.id,
            "lines": [
                (name, _excerpt(document, predicted[change.document].entities, [entity], [entity], looks))
                for name, predicted in ((first.name, before), (second.name, after))
            ],
        }

    def examples(part: str) -> dict[str, tuple[int, list[dict[str, Any]]]]:
        lists: dict[str, tuple[Change, ...]] = {name: getattr(changes, part) for name, changes in by_type.items()}
        return {name: (len(found), [example(c) for c in found[:EXAMPLES]]) for name, found in lists.items() if found}

    return {
        "first": first.name,
        "second": second.name,
        "by_type": by_type,
        "total": _total(by_type),
        "examples": {part: examples(part) for part in ("lost", "gained", "invented", "corrected")},
    }


def _total(by_type: Mapping[str, Changes]) -> Changes:
    every = list(by_type.values())

    def joined(part: str) -> tuple[Change, ...]:
        return tuple(change for changes in every for change in getattr(changes, part))

    return Changes(
        sum(c.kept for c in every),
        joined("lost"),
        joined("gained"),
        sum(c.missed for c in every),
        sum(c.repeated for c in every),
        joined("corrected"),
        joined("invented"),
    )


def _trust(gold: Sequence[Document], system: System, types: Sequence[str]) -> dict[str, Any]:
    predicted = system.evaluation.predicted
    bins = calibration(gold, predicted)
    return {
        "name": system.name,
        "bins": bins,
        "chart": _calibration_chart(bins),
        "confusion": confusion(gold, predicted, types).tolist(),
    }


def _calibration_chart(bins: Sequence[ScoreBin]) -> Markup:
    if not bins:
        return Markup("")
    right = Line("share that is right", "#00798c", [(b.score, b.right) for b in bins], dots=True, chinese="正确的比例")
    perfect = Line("perfectly calibrated", "#8b96a0", [(0.0, 0.0), (1.0, 1.0)], dashed=True, chinese="完全校准")
    return line_chart([right, perfect], "predicted entities by score", 0.0, 1.0, "按分数分组的预测实体")


def _making(system: System) -> dict[str, Any]:
    """How a system was made, as far as that is known."""
    facts: dict[str, Any] = {"source": str(system.source), "sha256": system.checksums}
    if system.model is not None:
        record = system.model.spec.record
        facts |= {
            "engine": system.model.engine,
            "cores": available_cores(),
            "thresholds": asdict(system.model.thresholds),
            "entities may overlap": str(system.model.decoding),
            "queries": {item.name: item.query for item in system.model.spec.schema.types},
            "trained by": record.command,
            "seed": record.seed,
            "starts from": record.starts_from,
            "settings": dict(record.config),
            "training data": dict(record.data),
            "versions": dict(record.versions),
        }
    known = {name: value for name, value in facts.items() if value not in (None, {}, "")}
    return {"name": system.name, "facts": known}


def _mistakes(
    number: int, systems: Sequence[System], gold: Sequence[Document], looks: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The mistakes of a system, confident ones first; each with a name for links that stays as long as the mistake does."""
    system, found, names = systems[number], [], Counter[str]()
    place = 0
    for position, (truth, guess) in enumerate(zip(gold, system.evaluation.predicted, strict=True), 1):
        different = set(truth.entities) ^ set(guess.entities)
        for mistake in analyse_document(truth, guess):
            spans = [entity for entity in (mistake.gold, mistake.predicted) if entity is not None]
            name = f"m{position}-{min(e.start for e in spans)}-{max(e.end for e in spans)}"
            if len(systems) > 1:
                name = f"s{number + 1}{name}"
            names[name] += 1
            place += 1
            item = _mistake(mistake, spans, different, looks)
            item |= {"anchor": name if names[name] == 1 else f"{name}-{names[name]}", "place": place, "system": number}
            found.append(item)
    return sorted(found, key=lambda item: (item["score"] is None, -(item["score"] or 0), item["place"]))


def _mistake(
    mistake: Mistake, spans: Sequence[Entity], different: Collection[Entity], looks: Mapping[str, int]
) -> dict[str, Any]:
    document = mistake.document
    return {
        "kind": mistake.kind,
        "types": sorted({e.type for e in spans}),
        "text": " / ".join(dict.fromkeys(document.text_of(e) for e in spans)),
        "score": None if mistake.predicted is None else mistake.predicted.score,
        "document": document.id,
        "gold": _excerpt(document, document.entities, spans, different, looks),
        "predicted": _excerpt(document, mistake.predicted_document.entities, spans, different, looks),
    }


def _excerpt(
    document: Document,
    entities: Sequence[Entity],
    around: Sequence[Entity],
    outlined: Collection[Entity],
    looks: Mapping[str, int],
) -> Markup:
    """The text around some entities, marked."""
    first, last = min(e.start for e in around) - SURROUNDINGS, max(e.end for e in around) + SURROUNDINGS
    start = max(0, first)
    part = mark(document.text[start:last], entities, looks, start, outlined)
    return Markup(("…" if start else "") + part + ("…" if last < len(document.text) else ""))

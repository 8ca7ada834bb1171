"""README.md of a model folder: the card that hubs show, with scores and a field for the licence. Nothing here reads it."""

import json
from typing import Any

from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.text.schema import Schema

CARD = "README.md"

LIBRARY = "bert-mrc-theseus"


LOADING = """import bert_mrc_theseus as bmt  # pip install bert-mrc-theseus

extractor = bmt.Extractor.load("FOLDER")  # or "hf:OWNER/NAME\""""


def model_card(
    config: ModelConfig, schema: Schema, record: TrainingRecord, library: str = LIBRARY, loading: str = LOADING
) -> str:
    """The card of a model.

    Args:
        config: its shape.
        schema: its entity types.
        record: how it was made; its dev scores are the card's.
        library: that loads it.
        loading: the Python that does.
    """
    title = f"Chinese named entity recognition: {', '.join(schema.names)}"
    scores = dict(record.scores or {}).get("dev") or {}
    header = {
        "language": "zh",
        "license": "unknown",
        "library_name": library,
        "pipeline_tag": "token-classification",
        "tags": ["named-entity-recognition", "machine-reading-comprehension", "bert-of-theseus"],
        "model-index": [{"name": title, "results": _results(scores)}],
    }
    encoder, shared = config.encoder, config.shared.layers
    lines = [
        "---",
        # A value in JSON is one in YAML.
        *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in header.items()),
        "---",
        "",
        f"# {_cell(title)}",
        "",
        "For each type a query is put before the text; the model marks where its answers start and end. "
        f"{encoder.num_layers} BERT layers of {encoder.hidden_size}"
        + (f"; {shared} of them read a text once for all types." if shared else "."),
        "",
        "| type | query |",
        "|---|---|",
        *(f"| {_cell(item.name)} | {_cell(item.query)} |" for item in schema.types),
        "",
        "```python",
        *loading.splitlines(),
        "```",
        "",
        "## Scores",
        "",
        *_score_lines(scores),
        "",
        "## Licence",
        "",
        "Nobody has stated it: that of a model follows from its encoder and from the texts that it was trained on. State it "
        "above, in `license`, before others get this folder.",
    ]
    return "\n".join(lines) + "\n"


def _results(scores: dict[str, Any]) -> list[dict[str, Any]]:
    """Scores in the form of a hub's model index."""
    micro = scores.get("micro")
    if not micro:
        return []
    return [
        {
            "task": {"type": "token-classification", "name": "named entity recognition"},
            "dataset": {"name": "dev.jsonl of its training", "type": "dev.jsonl"},
            "metrics": [{"type": name, "name": f"strict micro {name}", "value": micro[name]} for name in _METRICS],
        }
    ]


_METRICS = ("precision", "recall", "f1")


def _score_lines(scores: dict[str, Any]) -> list[str]:
    if not scores.get("micro"):
        return ["None are recorded: `bert-mrc-theseus evaluate FOLDER DATA` computes them."]
    rows = {**scores.get("types", {}), "micro": scores["micro"]}
    return [
        "Strict (start, end and type all right), on the dev texts of its training:",
        "",
        "| type | precision | recall | F1 | entities |",
        "|---|---|---|---|---|",
        *(
            f"| {_cell(name)} | {' | '.join(f'{row[metric]:.4f}' for metric in _METRICS)} | {row['support']:,} |"
            for name, row in rows.items()
        ),
    ]


def _cell(text: str) -> str:
    """A text in a line of Markdown."""
    return " ".join(text.replace("|", "\\|").split())

"""Every table and every single figure by its name."""

from collections.abc import Callable
from functools import partial

from docs._figures import compression, scores, shared_context, speed, words
from docs._figures.reports import f1_of, report
from docs._figures.table import Table
from docs._figures.transcribed import transcribed, transcribed_names

TABLES: dict[str, Callable[[], Table]] = {
    "card-scores-small": partial(scores.card_scores, "ner-zh-small"),
    "card-scores-tiny": partial(scores.card_scores, "ner-zh-tiny"),
    "peers": scores.peers,
    "peers-summary": scores.peers_summary,
    "queries": scores.queries,
    "nested-cmeee": scores.nested_cmeee,
    "nested-peoples-daily": scores.nested_peoples_daily,
    "compression-summary": words.compression_summary,
    "compression-words-seeds": words.compression_words_seeds,
    "compression-words-one-seed": words.compression_words_one_seed,
    "compression-words-twice": words.compression_words_twice,
    "compression-resume": compression.compression_resume,
    "compression-resume-seeds": compression.compression_resume_seeds,
    "compression-resume-longer": compression.compression_resume_longer,
    "notes-losses": compression.notes_losses,
    "notes-distillation": compression.notes_distillation,
    "compression-peoples-daily": compression.compression_peoples_daily,
    "compression-weibo": compression.compression_weibo,
    "shared-cost": shared_context.shared_cost,
    "shared-f1": shared_context.shared_f1,
    "shared-all": shared_context.shared_all,
    "speed-summary": speed.speed_summary,
    "speed-predict": speed.speed_predict,
    "speed-long": speed.speed_long,
    "speed-train": speed.speed_train,
    "speed-by-text": speed.speed_by_text,
    "speed-scaling": speed.speed_scaling,
    "large-processes": speed.large_processes,
    "service-load": speed.service_load,
    **{name: partial(transcribed, name) for name in transcribed_names()},
}
"""What stands between `<!-- figures: NAME -->` and `<!-- /figures -->`."""


def single_figures() -> dict[str, str]:
    """What stands between `<!-- figure: NAME -->` and `<!-- / -->`, in a sentence."""
    fastest = speed.of_engine("linear-6-shared5/stage2", "onnx int8", 3)
    return {
        **_cards(),
        **_peers(),
        **_cold_start(),
        "speed.shared.sentences": f"{fastest['sentences_per_second']:.0f}",
        "speed.shared.ratio": f"{fastest['ratio']:.0f}",
    }


def _cards() -> dict[str, str]:
    return {
        f"card.{model}.{name}": f"{f1_of(report(f'ner-zh-{model}-{name}')):.3f}"
        for model in ("small", "tiny")
        for name in scores.CARD
    }


def _peers() -> dict[str, str]:
    """F1 of each contender on each file, and behind these names its recall and F1 of each type."""
    figures = {}
    for row in report("bench-peers")["rows"]:
        for file, found in row["scores"].items():
            name = f"peers.{scores.short_name(file)}.{row['contender']}"
            figures[name] = f"{found['micro']['f1']:.3f}"
            figures[f"{name}.recall"] = f"{found['micro']['recall']:.3f}"
            figures |= {f"{name}.{kind}": f"{score['f1']:.3f}" for kind, score in found["types"].items()}
    return figures


def _cold_start() -> dict[str, str]:
    figures = {}
    for row in report("bench-cold-start")["rows"]:
        seconds = row["seconds"]
        figures[f"cold-start.{row['engine']}.seconds"] = f"{seconds:.2f}" if seconds < 1 else f"{seconds:.1f}"
        figures[f"cold-start.{row['engine']}.memory"] = f"{row['memory']:.0f}"
    return figures

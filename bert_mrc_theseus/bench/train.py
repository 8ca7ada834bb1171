"""`bench train`: optimisation steps, in one run, on the same batches from the same weights."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bert_mrc_theseus.bench.contenders import not_installed
from bert_mrc_theseus.bench.machine import describe_machine
from bert_mrc_theseus.bench.own_process import OwnProcess
from bert_mrc_theseus.bench.train_worker import TRAINERS, TrainWorker, batches_of, preparation_seconds
from bert_mrc_theseus.mrc.examples import Examples


def bench_train(
    folder: Path,
    examples: Examples,
    steps: int,
    budget: int,
    rounds: int,
    say: Callable[[str], None],
    contenders: Sequence[str] = tuple(TRAINERS),
) -> dict[str, Any]:
    """Times steps of every contender, in turns; the fastest round of each counts.

    Args:
        folder: the predecessor's model folder.
        examples: training examples.
        steps: batches a round.
        budget: tokens of a batch.
        rounds: timed rounds.
        say: gets a line of progress.
        contenders: names in `TRAINERS`; those that cannot run here are left out, with a reason.

    Returns:
        `{"machine", "padding", "preparation_seconds", "rows", "left_out"}`; the second is the time to lay out a step's inputs;
        a row has `seconds` a step, `tokens_per_second` (padding not counted) and `ratio` of tokens a second to the first
        contender's.
    """
    preparation = preparation_seconds(examples, budget)
    batches = batches_of(examples, budget, steps)
    tokens = sum(int(batch.pairs.lengths.sum()) for batch, _ in batches)
    laid_out = sum(batch.pairs.tokens.ids.size for batch, _ in batches)
    reasons = {name: not_installed(name) for name in contenders}
    workers = {name: OwnProcess(TrainWorker, name, folder, batches) for name, reason in reasons.items() if not reason}
    best: dict[str, float] = {}
    try:
        for name, worker in workers.items():
            say(f"compiling: {name}")
            worker.call("run")
        for _ in range(rounds):
            for name, worker in workers.items():
                best[name] = min(best.get(name, float("inf")), worker.call("run"))
    finally:
        for worker in workers.values():
            worker.stop()
    first = next(iter(best.values()))
    rows = [
        {
            "contender": name,
            "seconds": round(seconds / len(batches), 4),
            "tokens_per_second": round(tokens / seconds, 1),
            "ratio": round(first / seconds, 3),
        }
        for name, seconds in best.items()
    ]
    return {
        "machine": describe_machine(),
        "padding": round(1.0 - tokens / laid_out, 4),
        "preparation_seconds": round(preparation, 5),
        "batch_tokens": budget,
        "steps": len(batches),
        "rows": rows,
        "left_out": {name: reason for name, reason in reasons.items() if reason},
    }

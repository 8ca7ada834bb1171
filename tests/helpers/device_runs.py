"""Stages of training on one and on several devices; as a command, on Keras' JAX backend with three devices and no TensorFlow.

A model with words goes through all stages, and what comes of it lies in a folder:

    one            all stages on one device
    same, more     stage 0, interrupted on one device, and gone on with on one and on three
    two1, two2     stages 1 and 2 on two devices, each after the stages before of `one`
    refused        what is said where there are too few devices
"""

import os
import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.model_files.huggingface import write_huggingface
from bert_mrc_theseus.text.interchange import write_documents
from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig
from bert_mrc_theseus.training.progress import Silence
from bert_mrc_theseus.training.stages import fine_tune_predecessor, fine_tune_successor, replace_modules
from tests.helpers.documents import QUERIES, toy_documents
from tests.helpers.models import make_pieces, make_weights

STEPS = 4


class Interrupted(Silence):
    """Stops a run at its third step, when the second has its checkpoint."""

    def advance(self, done: int, facts: str) -> None:
        if done == 3:
            raise KeyboardInterrupt


def train(folder: Path, stage: int, run: str, devices: int, progress: Silence | None = None) -> None:
    """Runs a stage, or goes on with it."""
    # One batch an epoch, of one padded shape: few functions are compiled. 20 texts are padded to 32 rows, or to 33.
    config = TrainingConfig(STEPS, 1e-4, token_budget=4096, evaluate_every=99, checkpoint_minutes=0.0, devices=devices)
    more = {"resume": True, "progress": progress or Silence()}
    data, path, teaching = folder / "data", folder / run, Distillation(0.1, borders=0.1)
    if stage == 0:
        lexicon = str(folder / "terms.tsv")
        new = NewPredecessor(str(folder / "bert"), window=100, context_position=16, lexicon=lexicon, match=True)
        fine_tune_predecessor(data, path, config, new, **more)
    elif stage == 1:
        replace_modules(data, path, config, Replacing(modules=2, schedule="constant"), teaching, **more)
    else:
        fine_tune_successor(data, path, config, teaching, **more)


def main(folder: Path) -> None:
    """Everything."""
    for name, count, seed in (("train", 20, 1), ("dev", 3, 2)):
        write_documents(folder / "data" / f"{name}.jsonl", toy_documents(count, seed))
    (folder / "data" / "queries.toml").write_text(QUERIES, encoding="utf-8")
    write_huggingface(replace(make_weights(hidden=32), pieces=make_pieces()), folder / "bert")
    (folder / "terms.tsv").write_text("北京\tLOC\n李明\tPER\n", encoding="utf-8")
    try:
        train(folder, 0, "none", devices=4)
    except UserError as error:
        (folder / "refused").write_text(str(error), encoding="utf-8")
    for stage in (0, 1, 2):
        train(folder, stage, "one", devices=1)
    with suppress(KeyboardInterrupt):
        train(folder, 0, "same", 1, Interrupted())
    shutil.copytree(folder / "same", folder / "more")
    train(folder, 0, "same", devices=1)
    train(folder, 0, "more", devices=3)
    for stage in (1, 2):
        run = folder / f"two{stage}"
        run.mkdir()
        for before in range(stage):
            os.symlink(folder / "one" / f"stage{before}", run / f"stage{before}")
        train(folder, stage, run.name, devices=2)


if __name__ == "__main__":
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    import_tensorflow()
    main(Path(sys.argv[1]))

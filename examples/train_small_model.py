"""Trains on a data folder (see `bert-mrc-theseus preprocess`): predecessor, replacing, successor. Needs the extra [train].

bert-mrc-theseus preprocess sample --out runs/example/data
python examples/train_small_model.py runs/example/data runs/example

The settings are tiny, so that it ends soon: for a model that finds something take 6 epochs, as docs/tutorials/train.md does.
"""

import argparse
from pathlib import Path

import bert_mrc_theseus as bmt


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=Path)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("--encoder", default="e5-small-zh")
    arguments.add_argument("--modules", type=int, default=6)
    arguments.add_argument("--epochs", type=int, default=1)
    arguments.add_argument("--window", type=int, help="characters of a window; default 254")
    given = arguments.parse_args()

    def settings(stage: int) -> bmt.training.TrainingConfig:
        return bmt.training.stage_config(stage, epochs=given.epochs, token_budget=512)

    new = bmt.training.NewPredecessor(given.encoder, window=given.window)
    bmt.training.fine_tune_predecessor(given.data, given.run, settings(0), new)
    bmt.training.replace_modules(given.data, given.run, settings(1), bmt.training.Replacing(modules=given.modules))
    result = bmt.training.fine_tune_successor(given.data, given.run, settings(2))

    with bmt.Extractor.load(result.best) as extractor:
        print(result.best, extractor("程晓光从广州飞往大连。"))


if __name__ == "__main__":
    main()

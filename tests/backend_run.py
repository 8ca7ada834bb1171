"""Run by test_backends with KERAS_BACKEND set: results of model and training on that backend, as a safetensors file."""

import sys

import numpy as np
from safetensors.numpy import save_file

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.model.mrc_model import export_tensors, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.mrc.examples import Sharing
from bert_mrc_theseus.training.distillation import Distillation
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import Teacher, make_train_step
from tests.helpers.models import batch_of, make_weights, some_pairs


def main(path: str) -> None:
    # Dropout masks are each backend's own, so there is none.
    weights = make_weights(layers=4, dropout=0.0)
    batch = batch_of([9, 14, 12], 5)
    labels = np.random.default_rng(1).integers(0, 2, (3, 14, 2)).astype("float32")
    predecessor = predecessor_from(weights, Sharing(0, 16), prior=0.3)
    predecessor.heads.kernel.assign(np.random.default_rng(2).standard_normal((16, 2)))
    found = {"predecessor": keras_engine(predecessor).run(batch)}

    def train(model, modules, teacher, steps=4):
        optimizer = build_optimizer(model.trainable_variables, 1e-2, steps)
        step = make_train_step(model, optimizer, "focal", modules, teacher)
        losses = []
        for number in range(steps):
            inputs = {**batch, "weights": np.array([1.0, 0.5, 1.0], "float32"), "seed": np.int32(number)}
            if modules:
                inputs["replace"] = np.array([number % 2 == 0, number % 3 == 0])
            losses.append(step(inputs, labels))
        return np.array(losses)

    found["stage 0"] = train(predecessor, 0, None)
    theseus = TheseusModel(predecessor, 2, shared=1)
    teacher = Teacher(predecessor, Distillation(1.0, 2.0, 1.0))
    found["stage 1"] = train(theseus, 2, teacher)
    found["successor"] = keras_engine(theseus, theseus.successor).run(batch)
    successor = theseus.extract_successor()
    found["stage 2"] = train(successor, 0, teacher)
    found |= export_tensors(successor.named_weights())
    found["stage 2, by text"] = train_by_text(successor, teacher)
    save_file(found, path)


def train_by_text(successor, teacher, steps=3):
    examples, pairs = some_pairs()
    step = make_train_step(
        successor,
        build_optimizer(successor.trainable_variables, 1e-2, steps),
        "bce",
        teacher=teacher,
        by_text=True,
    )
    inputs = {**examples.batch_by_text(pairs), "weights": np.ones(len(pairs), "float32"), "seed": np.int32(0)}
    return np.array([step(inputs, examples.labels(pairs)) for _ in range(steps)])


if __name__ == "__main__":
    main(sys.argv[1])

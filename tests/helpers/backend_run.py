"""Results of model and training on a Keras backend.

As a command, on the JAX backend with three devices, writes them as safetensors, and some of them as several devices give them.
"""

import sys

import numpy as np
from safetensors.numpy import save_file

from bert_mrc_theseus.engines.keras_engine import keras_engine
from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model.variables import tensors_of
from bert_mrc_theseus.model_files.model_config import MatchShape, SharedContext
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.mrc.batch_types import SHARED_BATCH, Targets, text_batch_form
from bert_mrc_theseus.mrc.collate import collate, collate_shared, collate_texts, match_labels, span_labels
from bert_mrc_theseus.training.config import Distillation
from bert_mrc_theseus.training.devices import on_devices
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.documents import toy_documents
from tests.helpers.models import batch_of, draws, make_weights, some_pairs
from tests.helpers.saved_models import word_model


def new_predecessor(dropout: float = 0.0):
    predecessor = predecessor_from(make_weights(), SharedContext(0, 16), 0.3, dropout_rate=dropout)
    predecessor.heads.kernel.assign(np.random.default_rng(2).standard_normal((16, 2)))
    return predecessor


def train(model, replacing=False, teacher=None, steps=4, rate=1e-2):
    """Losses of a few steps on one batch of three pairs."""
    batch = batch_of([9, 14, 12], 5)
    labels = np.random.default_rng(1).integers(0, 2, (3, 14, 2)).astype("float32")
    optimizer = build_optimizer(model.trainable_variables, rate, steps)
    step = make_train_step(model, optimizer, "focal", replacing, teacher)
    targets = Targets(labels, np.array([1.0, 0.5, 1.0], "float32"))
    drawn = [[number % 2 == 0, number % 3 == 0] if replacing else None for number in range(steps)]
    return np.array([step(batch, targets, draws(number, drawn[number])) for number in range(steps)])


def on_each_number_of_devices() -> dict[str, np.ndarray]:
    """Losses and weights of training with dropout on one device, and on three, which do not divide the batch's rows."""
    found = {}
    for count in (1, 3):
        with on_devices(count):
            model = new_predecessor(dropout=0.1)
            found[f"devices {count}: losses"] = train(model, rate=1e-4)
            found |= {f"devices {count}: {name}": tensor for name, tensor in tensors_of(model.named_weights()).items()}
            assert len(model.heads.kernel.value.devices()) == count
    return found


def results() -> dict[str, np.ndarray]:
    """Losses, probabilities and weights, by name, on the backend of this process."""
    # Without dropout: its masks are each backend's own.
    predecessor = new_predecessor()
    found = {"predecessor": keras_engine(predecessor).run(batch_of([9, 14, 12], 5))}
    found["stage 0"] = train(predecessor)
    theseus = TheseusModel(predecessor, 2, shared_layers=1)
    teacher = Teacher(predecessor, Distillation(1.0, 2.0, 1.0))
    found["stage 1"] = train(theseus, True, teacher)
    found["successor"] = keras_engine(theseus, theseus.successor).run(batch_of([9, 14, 12], 5))
    successor = theseus.extract_successor()
    found["stage 2"] = train(successor, False, teacher)
    found |= tensors_of(successor.named_weights())
    found["stage 2, by text"] = train_by_text(successor, teacher)
    found |= train_matches()
    found |= train_words()
    return found


def train_matches(steps=3):
    examples, pairs = some_pairs()
    model = predecessor_from(make_weights(), SharedContext(0, 16), prior=0.3, match=MatchShape(4, 6))
    random = np.random.default_rng(3)
    for head in (model.heads, model.match_head):
        head.kernel.assign(random.standard_normal(head.kernel.shape))
    step = make_train_step(model, build_optimizer(model.trainable_variables, 1e-2, steps), "bce")
    targets = Targets(span_labels(examples, pairs), np.ones(len(pairs), "float32"), match_labels(examples, pairs))
    batch = collate(examples, pairs)
    losses = np.array([step(batch, targets, draws()) for _ in range(steps)])
    ends, matches = keras_engine(model).run_matches(batch)
    return {"stage 0, with matches": losses, "probabilities.ends": ends, "probabilities.matches": matches}


def train_by_text(successor, teacher, steps=3):
    examples, pairs = some_pairs()
    step = make_train_step(
        successor,
        build_optimizer(successor.trainable_variables, 1e-2, steps),
        "bce",
        teacher=teacher,
        form=SHARED_BATCH,
    )
    targets = Targets(span_labels(examples, pairs), np.ones(len(pairs), "float32"))
    return np.array([step(collate_shared(examples, pairs), targets, draws()) for _ in range(steps)])


def train_words(steps=3):
    saved = word_model()
    # Its weights are large: logits of hundreds would differ between backends by more than steps do.
    large = ("heads.", "top.words.", "embeddings.words.")
    small = {name: tensor * (0.05 if name.startswith(large) else 1.0) for name, tensor in saved.tensors.items()}
    saved = SavedModel(saved.spec, small)
    examples = saved.spec.examples(toy_documents(5, 4))
    pairs = examples.all_pairs()[:12]
    model = keras_model(saved)
    optimizer = build_optimizer(model.trainable_variables, 1e-3, steps)
    step = make_train_step(model, optimizer, "bce", form=text_batch_form(words=True))
    targets = Targets(span_labels(examples, pairs), np.ones(len(pairs), "float32"), match_labels(examples, pairs))
    batch = collate_texts(examples, pairs)
    losses = np.array([step(batch, targets, draws()) for _ in range(steps)])
    return {"words.losses": losses, "words.ends": keras_engine(model).run(batch)}


if __name__ == "__main__":
    save_file(results() | on_each_number_of_devices(), sys.argv[1])

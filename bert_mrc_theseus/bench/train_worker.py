"""What a worker of `bench train` does: optimisation steps of one kind."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.mrc.batch_types import PAIR_BATCH, SHARED_BATCH, Draws, PairBatch, SharedBatch, Targets, pairs_of
from bert_mrc_theseus.mrc.collate import collate_shared, span_labels
from bert_mrc_theseus.mrc.examples import Examples

LEARNING_RATE = 1e-5
"""Small: a benchmark should not train the model into silence."""

DROPOUT = 0.1

BY_TEXT = "by text"

Step = Callable[[PairBatch | SharedBatch, Targets, Draws], float]


class TrainWorker:
    """Steps of a contender.

    Args:
        contender: name in `TRAINERS`.
        folder: the predecessor's model folder.
        batches: inputs and labels of each step.
    """

    def __init__(self, contender: str, folder: Path, batches: list[tuple[SharedBatch, np.ndarray]]):
        saved = load_model(folder)
        self._step = TRAINERS[contender](saved)
        self._modules, self._replacing = modules_of(saved), "stage 1" in contender
        self._batches: list[tuple[PairBatch | SharedBatch, np.ndarray]] = [
            (batch if BY_TEXT in contender else batch.pairs, labels) for batch, labels in batches
        ]
        self._number = 0

    def run(self) -> float:
        """Seconds for one step on every batch."""
        start = time.perf_counter()
        for batch, labels in self._batches:
            self._number += 1
            replace = np.random.default_rng(self._number).random(self._modules) < 0.5 if self._replacing else None
            targets = Targets(labels, np.ones(len(labels), np.float32))
            self._step(batch, targets, Draws(np.int32(self._number), replace))
        return time.perf_counter() - start


def modules_of(predecessor: SavedModel) -> int:
    """Half as many modules as layers."""
    return max(1, predecessor.spec.config.encoder.num_layers // 2)


def batches_of(examples: Examples, budget: int, count: int) -> list[tuple[SharedBatch, np.ndarray]]:
    """The first batches of an epoch, all pairs of a text together, and their labels."""
    from bert_mrc_theseus.training.config import TrainingConfig
    from bert_mrc_theseus.training.plan import Plan

    chosen = Plan(examples, TrainingConfig(epochs=1, token_budget=budget, by_text=True)).batches(0)[:count]
    return [(collate_shared(examples, pairs), span_labels(examples, pairs)) for pairs in chosen]


def preparation_seconds(examples: Examples, budget: int) -> float:
    """Seconds that the training loop spends on the inputs of a step, over an epoch."""
    from bert_mrc_theseus.training.config import TrainingConfig
    from bert_mrc_theseus.training.plan import Plan

    plan = Plan(examples, TrainingConfig(epochs=1, token_budget=budget))
    start = time.perf_counter()
    for step in range(plan.total_steps):
        plan.inputs(step)
    return (time.perf_counter() - start) / plan.total_steps


def _keras(
    stage: int, bfloat16: bool = False, both: bool = False, by_text: bool = False
) -> Callable[[SavedModel], Step]:
    def build(saved: SavedModel) -> Step:
        import keras
        from keras import ops

        from bert_mrc_theseus.model.build import keras_model
        from bert_mrc_theseus.model.mrc_model import ModelOutput
        from bert_mrc_theseus.model.theseus import TheseusModel
        from bert_mrc_theseus.model.token_layout import token_layout
        from bert_mrc_theseus.training.optimizer import build_optimizer
        from bert_mrc_theseus.training.step import make_train_step

        class BothBranches(TheseusModel):
            """Computes module and layer and keeps one, as the original project does."""

            def forward(self, batch: Any, draws: Draws) -> ModelOutput:
                layout = token_layout(batch, self.config.shared.position)
                hidden = self.embeddings(batch.tokens, layout.token_types, layout.positions, draws.seed)
                replaced: Any = draws.replace
                for module, group in enumerate(self.groups):
                    kept = hidden
                    for i in group:
                        kept = self.predecessor_layers[i](kept, layout.full_bias, draws.seed)
                    new = self.successor_layers[module](hidden, layout.full_bias, draws.seed)
                    gate = ops.cast(replaced[module], hidden.dtype)
                    hidden = gate * new + (1 - gate) * kept
                return ModelOutput(None, [], hidden, self.heads(hidden))

        # The process is this contender's own.
        keras.config.set_dtype_policy("mixed_bfloat16" if bfloat16 else "float32")
        model: Any = keras_model(saved, dropout_rate=DROPOUT)
        modules = modules_of(saved)
        if stage == 1:
            model = (BothBranches if both else TheseusModel)(model, modules)
        if stage == 2:
            model = TheseusModel(model, modules, shared_layers=modules - 1).extract_successor()
        optimizer = build_optimizer(model.trainable_variables, LEARNING_RATE, 10**6)
        form = SHARED_BATCH if by_text else PAIR_BATCH
        return make_train_step(model, optimizer, "focal", stage == 1, form=form)

    return build


def _torch(bfloat16: bool) -> Callable[[SavedModel], Step]:
    def build(saved: SavedModel) -> Step:
        import torch

        from bert_mrc_theseus.bench.torch_model import torch_inputs, torch_model

        torch.set_num_threads(available_cores())
        bert, heads = torch_model(saved)
        bert.train()
        parameters = [*bert.parameters(), *heads.parameters()]
        optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, fused=True)

        def step(batch: PairBatch | SharedBatch, targets: Targets, draws: Draws) -> float:
            inputs = torch_inputs(pairs_of(batch), saved.spec.config.shared.position)
            mask = inputs["token_type_ids"].float()[:, :, None]
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits = heads(bert(**inputs).last_hidden_state)
            probabilities = torch.sigmoid(logits.float())
            truth = torch.from_numpy(targets.labels)
            right = probabilities * truth + (1 - probabilities) * (1 - truth)
            loss = (-((1 - right) ** 2) * torch.log(right.clamp_min(1e-7)) * mask).sum() / mask.sum()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            return float(loss.detach())

        return step

    return build


TRAINERS: dict[str, Callable[[SavedModel], Step]] = {
    "keras stage 0 fp32": _keras(0),
    "keras stage 0 bf16": _keras(0, bfloat16=True),
    "torch stage 0 fp32": _torch(bfloat16=False),
    "torch stage 0 bf16": _torch(bfloat16=True),
    "keras stage 1 fp32": _keras(1),
    "keras stage 1 fp32, both branches": _keras(1, both=True),
    "keras stage 1 bf16": _keras(1, bfloat16=True),
    "keras stage 2 bf16": _keras(2, bfloat16=True),
    f"keras stage 2 bf16, {BY_TEXT}": _keras(2, bfloat16=True, by_text=True),
}

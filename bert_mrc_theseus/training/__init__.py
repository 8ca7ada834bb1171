"""All that only training uses.

backend           the Keras backends that training runs on
devices           several devices that share the batches
config            settings: `TrainingConfig`, `NewPredecessor`, `Replacing`, `Distillation`
data              the documents of a training
schedules         replace rates, learning rate
plan              what every step is given
losses, distillation, optimizer   what a step is made of
step              one optimisation step
progress          where a long job says what it does
log               log.csv, TensorBoard
resume            checkpoints, from which an interrupted training goes on
loop              the training loop, the same for all stages
starting_point    what each stage starts from
run_stage         a stage from begin to end
stages            the three stages: `fine_tune_predecessor`, `replace_modules`, `fine_tune_successor`
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from bert_mrc_theseus.training.config import Distillation, NewPredecessor, Replacing, TrainingConfig, stage_config
    from bert_mrc_theseus.training.run_stage import StageResult
    from bert_mrc_theseus.training.stages import fine_tune_predecessor, fine_tune_successor, replace_modules

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["Distillation", "NewPredecessor", "Replacing", "TrainingConfig", "stage_config"],
        "run_stage": ["StageResult"],
        "stages": ["fine_tune_predecessor", "fine_tune_successor", "replace_modules"],
    },
)

__all__ = [
    "Distillation",
    "NewPredecessor",
    "Replacing",
    "StageResult",
    "TrainingConfig",
    "fine_tune_predecessor",
    "fine_tune_successor",
    "replace_modules",
    "stage_config",
]

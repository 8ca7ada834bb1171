"""The three stages of training, from a data folder and an encoder (or the stage before) to a model folder.

    RUN/stage0/best/   the predecessor, fine-tuned
    RUN/stage1/best/   the successor after module replacing
    RUN/stage2/best/   the successor, fine-tuned alone

Each stage's folder also has log.csv, tensorboard/, config.json and, when the stage is done, report.json.
"""

import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from bert_mrc_theseus.engines.engine import predict_documents
from bert_mrc_theseus.engines.keras_engine import keras_engine, keras_model
from bert_mrc_theseus.errors import DataError, UserError
from bert_mrc_theseus.evaluation.metrics import Scores, strict_scores
from bert_mrc_theseus.files import sha256_of
from bert_mrc_theseus.model.mrc_model import MRCModel, export_tensors, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model_files.encoders import load_encoder
from bert_mrc_theseus.model_files.model_folder import SavedModel, load_model, save_model
from bert_mrc_theseus.mrc.examples import MatchShape, Sharing, WindowSize, longest_span
from bert_mrc_theseus.provenance import command_line, versions, write_json
from bert_mrc_theseus.text.documents import Document, read_documents
from bert_mrc_theseus.text.schema import DEFAULT_STYLE, Schema, read_queries
from bert_mrc_theseus.training.config import STAGES, TrainingConfig, positive_prior
from bert_mrc_theseus.training.loop import CHECKPOINT, Task, fit
from bert_mrc_theseus.training.step import Teacher


@dataclass(frozen=True)
class TrainingData:
    """Training and dev documents of a data folder, with what identifies them."""

    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    schema: Schema
    checksums: dict[str, str]


def load_data(folder: Path, query_style: str) -> TrainingData:
    """Reads train.jsonl, dev.jsonl and queries.toml, as `preprocess` writes them.

    Raises:
        DataError: a file is absent or unreadable.
    """
    for name in ("train.jsonl", "dev.jsonl", "queries.toml"):
        if not (folder / name).is_file():
            raise DataError(f"{name} is missing", folder, hint="make the folder with: bert-mrc-theseus preprocess")
    return TrainingData(
        tuple(read_documents(folder / "train.jsonl")),
        tuple(read_documents(folder / "dev.jsonl")),
        read_queries(folder / "queries.toml", query_style),
        {name: sha256_of(folder / name) for name in ("train.jsonl", "dev.jsonl")},
    )


def train_stage(
    stage: int,
    data_folder: Path,
    run: Path,
    config: TrainingConfig,
    encoder: str = "e5-small-zh",
    query_style: str = DEFAULT_STYLE,
    window_size: int | None = None,
    context_position: int | None = None,
    predecessor: Path | None = None,
    match: bool = False,
    shared_layers: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    console: Console | None = None,
) -> Path:
    """Runs one stage.

    Args:
        stage: 0, 1 or 2; see `STAGES`.
        data_folder: with train.jsonl, dev.jsonl and queries.toml.
        run: the run folder. Stage 2 starts from its stage1/best.
        config: settings of this stage.
        encoder: for stage 0, see `checkpoints.load_encoder`.
        query_style: for stage 0, which text of queries.toml is the query.
        window_size: for stage 0, characters of a window.
        context_position: for stage 0, see `Sharing`.
        predecessor: model folder that stage 1 starts from and that teaches in distillation; by default the run's stage0/best.
        match: for stage 0, train a match head too; the longest span is taken from the training data.
        shared_layers: for stage 0, how many of the predecessor's lower layers are shared, see `Sharing`.
        resume: go on where the stage stopped, or start it; a finished stage is left as it is.
        overwrite: start again, deleting what the stage had.
        console: for progress; standard error by default.

    Returns:
        The folder of the stage's best model.

    Raises:
        UserError: the stage was begun before and neither `resume` nor `overwrite` is set; or see what it calls.
    """
    console = console or Console(stderr=True)
    folder = run / f"stage{stage}"
    best, report = folder / "best", folder / "report.json"
    if overwrite:
        shutil.rmtree(folder, ignore_errors=True)
    if report.is_file() and resume:
        console.print(f"stage {stage} is done: {best}", highlight=False)
        return best
    if folder.exists() and not resume:
        raise UserError(f"{folder} exists already: --resume goes on with it, --overwrite starts again")

    starts_from = encoder if stage == 0 else f"stage{stage - 1}/best"
    if stage == 1 and predecessor is not None:
        starts_from = str(predecessor)
    predecessor = predecessor or run / "stage0" / "best"
    before = predecessor if stage == 1 else run / f"stage{stage - 1}" / "best"
    keras.config.set_dtype_policy("mixed_bfloat16" if config.mixed_bfloat16 else "float32")
    keras.utils.set_random_seed(config.seed)
    data = load_data(data_folder, query_style)
    start = _starting_model(stage, before, encoder, data.schema, window_size, context_position)
    train, dev = start.examples(data.train), start.examples(data.dev)
    if stage == 0:
        start = replace(start, sharing=replace(start.sharing, modules=shared_layers))
    if stage == 0 and match:
        start = replace(start, match=MatchShape(longest=longest_span(train)))
    if train.clipped:
        console.print(f"{train.clipped} training entities are longer than a window holds: their ends are learnt apart")
    start = replace(
        start, encoder=replace(start.encoder, hidden_dropout=config.dropout, attention_dropout=config.dropout)
    )

    model: MRCModel | TheseusModel
    if stage == 0:
        plain = predecessor_from(start.encoder_weights(str(encoder)), start.sharing, positive_prior(train), start.match)
    else:
        plain = keras_model(start)
    if stage == 1:
        if config.modules > start.encoder.num_layers:
            raise UserError(f"a predecessor of {start.encoder.num_layers} layers has no {config.modules} modules")
        model = TheseusModel(plain, config.modules, config.initialisation, config.shared_modules)
        engine = keras_engine(model, model.successor)
        weights, made = model.successor_weights, model.successor_config
    else:
        model = plain
        engine = keras_engine(model)
        weights, made = plain.named_weights, start.encoder

    def evaluate() -> Scores:
        decoding = start.decoding(nested=start.match is not None)
        predicted = predict_documents(engine, data.dev, dev, start.schema, start.thresholds, decoding)
        return strict_scores(data.dev, predicted, start.schema.names)

    fingerprint = {
        "stage": stage,
        "config": {key: value for key, value in asdict(config).items() if key != "checkpoint_minutes"},
        "encoder": asdict(start.encoder),
        "queries": {item.name: item.query for item in start.schema.types},
        "window": asdict(start.window),
        "sharing": asdict(start.sharing),
        "match": None if start.match is None else asdict(start.match),
        "data": data.checksums,
    }
    record: dict[str, Any] = {
        **fingerprint,
        "starts_from": starts_from,
        "versions": versions(),
        "command": command_line(),
        "clipped": {"train": train.clipped, "dev": dev.clipped},
    }

    def keep(state: Any) -> None:
        scores = {"step": state.best_step, "dev": state.history[-1], "before": start.record.get("scores")}
        saved = replace(
            start,
            encoder=made,
            sharing=model.sharing,
            tensors=export_tensors(weights()),
            record={**record, "scores": scores},
        )
        save_model(best, saved)

    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", record)
    task = Task(
        f"stage {stage}",
        model,
        train,
        evaluate,
        keep,
        fingerprint,
        modules=config.modules if stage == 1 else 0,
        fast_heads=stage == 0,
        teacher=_teacher(predecessor, config, plain if stage == 1 else None) if stage and config.distillation else None,
    )
    console.print(f"stage {stage}: {STAGES[stage]}", highlight=False)
    state = fit(task, config, folder, console, resume)
    write_json(
        report,
        {
            **record,
            "best_step": state.best_step,
            "steps": state.step,
            "best_f1": state.best_f1,
            "minutes": round(state.seconds / 60.0, 2),
            "history": state.history,
        },
    )
    (folder / CHECKPOINT).unlink(missing_ok=True)
    if state.best_f1 <= 0.0:
        console.print(
            f"stage {stage}: the best model finds no entity of dev. Train longer, lower the learning rate "
            f"(now {config.learning_rate}), or check that the queries fit the data.",
            style="red",
        )
    console.print(
        f"stage {stage}: best strict dev F1 {state.best_f1:.4f} at step {state.best_step}, "
        f"{state.seconds / 60:.1f} minutes -> {best}",
        highlight=False,
    )
    return best


def _teacher(folder: Path, config: TrainingConfig, loaded: MRCModel | None) -> Teacher:
    """The predecessor as a teacher.

    Args:
        folder: its model folder.
        config: of the stage.
        loaded: the predecessor, if it is there already.
    """
    if loaded is None:
        loaded = keras_model(load_model(folder), str(folder))
        loaded.trainable = False
    return Teacher(loaded, config.distillation)


def _starting_model(
    stage: int, before: Path, encoder: str, schema: Schema, window_size: int | None, context_position: int | None
) -> SavedModel:
    """What a stage starts from, as a saved model; for stage 0 one without heads."""
    if stage not in STAGES:
        raise UserError(f"stage is one of {', '.join(map(str, STAGES))}. Received: {stage}")
    if stage == 0:
        weights = load_encoder(encoder)
        return SavedModel(
            weights.config,
            weights.vocab,
            schema,
            weights.tensors,
            WindowSize() if window_size is None else WindowSize(window_size, window_size // 4),
            Sharing() if context_position is None else Sharing(context_position=context_position),
        )
    if not before.is_dir():
        raise UserError(f"stage {stage} starts from {before}, which is not there: run stage {stage - 1} first")
    model = load_model(before)
    if model.schema.names != schema.names:
        raise DataError(
            f"the data have the types {', '.join(schema.names)}, the model of stage {stage - 1} "
            f"{', '.join(model.schema.names)}: use the same data in all stages"
        )
    return model

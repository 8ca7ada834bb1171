"""`bert-mrc-theseus train`: the three stages of training."""

from pathlib import Path
from typing import Annotated

import typer

from bert_mrc_theseus.engines.import_tensorflow import import_tensorflow
from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.text.schema import DEFAULT_STYLE

DEFAULTS = {
    0: {"epochs": 3, "learning_rate": 1.5e-4},
    1: {"epochs": 2, "learning_rate": 1.5e-4},
    2: {"epochs": 2, "learning_rate": 1e-4},
}
"""What an option that is not given means in each stage."""


def train(
    data: Annotated[Path, typer.Argument(help="Folder with train.jsonl, dev.jsonl, queries.toml (see preprocess).")],
    run: Annotated[Path, typer.Option(help="Run folder; each stage has a folder in it.")],
    stage: Annotated[int | None, typer.Option(help="0: predecessor, 1: replacing, 2: successor.", min=0, max=2)] = None,
    all_stages: Annotated[bool, typer.Option("--all", help="Stages 0, 1 and 2, one after the other.")] = False,
    encoder: Annotated[str, typer.Option(help="e5-small-zh, or the folder of a BERT (stage 0).")] = "e5-small-zh",
    queries: Annotated[
        str, typer.Option(help="Which text of queries.toml to ask: short, query, name ... (stage 0).")
    ] = DEFAULT_STYLE,
    window: Annotated[int | None, typer.Option(help="Characters of a window (stage 0); default 254.")] = None,
    context_position: Annotated[
        int | None, typer.Option(help="Position of the context's first character (stage 0); default 32.", min=3)
    ] = None,
    match: Annotated[
        bool, typer.Option("--match", help="A head that matches starts with ends, for nested entities (stage 0).")
    ] = False,
    shared_layers: Annotated[
        int, typer.Option(help="Lower layers of the predecessor that share the context (stage 0).", min=0)
    ] = 0,
    epochs: Annotated[int | None, typer.Option(help="Default 3, 2, 2 for stages 0, 1, 2.", min=0)] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak; default 1.5e-4, 1.5e-4, 1e-4.")] = None,
    warmup: Annotated[float, typer.Option(help="Share of the steps during which the learning rate rises.")] = 0.1,
    weight_decay: Annotated[float, typer.Option(help="AdamW's, none on biases and LayerNorm.")] = 0.01,
    clip: Annotated[float, typer.Option(help="Largest global norm of the gradient.")] = 1.0,
    loss: Annotated[str, typer.Option(help="focal, bce or dice.")] = "focal",
    tokens: Annotated[int, typer.Option(help="Tokens of a batch.")] = 1024,
    negative_ratio: Annotated[float, typer.Option(help="Empty (text, type) pairs per pair with entities.")] = 1.0,
    by_text: Annotated[
        bool, typer.Option("--by-text", help="All pairs of a text in one batch: shared layers run once for them.")
    ] = False,
    silver_weight: Annotated[float, typer.Option(help="Of the loss on silver documents (preprocess silver).")] = 0.5,
    dropout: Annotated[float, typer.Option(help="Of hidden states and attention.")] = 0.1,
    bfloat16: Annotated[bool, typer.Option("--bfloat16", help="Matrix products in bfloat16.")] = False,
    modules: Annotated[int, typer.Option(help="Layers of the successor (stage 1).", min=1)] = 6,
    schedule: Annotated[str, typer.Option(help="Replace rate: linear or constant (stage 1).")] = "linear",
    base: Annotated[float, typer.Option(help="Linear replace rate at step 0.")] = 0.3,
    rate: Annotated[float, typer.Option(help="Constant replace rate.")] = 0.5,
    reach: Annotated[float, typer.Option(help="Share of stage 1 after which everything is replaced.")] = 0.7,
    initialisation: Annotated[str, typer.Option(help="Successor layers start as: first, spaced or mean.")] = "first",
    shared: Annotated[
        int | None,
        typer.Option(help="Lower layers of the successor that share the context; default all but one (stage 1)."),
    ] = None,
    distill_logits: Annotated[float, typer.Option(help="Weight of the predecessor's logits (stages 1, 2).")] = 0.0,
    temperature: Annotated[float, typer.Option(help="That logits are divided by in distillation.")] = 2.0,
    distill_borders: Annotated[
        float, typer.Option(help="Weight of the predecessor's hidden states at module borders (stages 1, 2).")
    ] = 0.0,
    predecessor: Annotated[
        Path | None, typer.Option(help="Model folder to compress and to distil from; default RUN/stage0/best.")
    ] = None,
    patience: Annotated[int, typer.Option(help="Evaluations without a better dev F1 before stopping; 0: never.")] = 0,
    evaluate_every: Annotated[int, typer.Option(help="Steps between evaluations; 0: once an epoch.")] = 0,
    checkpoint_minutes: Annotated[float, typer.Option(help="Minutes between checkpoints.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of heads, batches, dropout and replacements.")] = 42,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped; finished stages are kept.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start the stage again.")] = False,
) -> None:
    """Train a predecessor (stage 0), replace its modules by a successor's (1), fine-tune the successor (2)."""
    if (stage is None) != all_stages:
        raise UserError("say either --stage 0, 1 or 2, or --all")
    import_tensorflow()
    from bert_mrc_theseus.training.config import TrainingConfig
    from bert_mrc_theseus.training.stages import train_stage

    for number in (0, 1, 2) if stage is None else (stage,):
        defaults = DEFAULTS[number]
        config = TrainingConfig(
            epochs=int(defaults["epochs"]) if epochs is None else epochs,
            learning_rate=defaults["learning_rate"] if learning_rate is None else learning_rate,
            warmup=warmup,
            weight_decay=weight_decay,
            clip=clip,
            loss=loss,
            token_budget=tokens,
            negative_ratio=negative_ratio,
            by_text=by_text,
            silver_weight=silver_weight,
            seed=seed,
            mixed_bfloat16=bfloat16,
            patience=patience,
            evaluate_every=evaluate_every,
            checkpoint_minutes=checkpoint_minutes,
            dropout=dropout,
            modules=modules,
            schedule=schedule,
            base=base,
            reach=reach,
            rate=rate,
            initialisation=initialisation,
            shared=shared,
            distill_logits=distill_logits,
            temperature=temperature,
            distill_borders=distill_borders,
        )
        train_stage(
            number,
            data,
            run,
            config,
            encoder=encoder,
            query_style=queries,
            window_size=window,
            context_position=context_position,
            predecessor=predecessor,
            match=match,
            shared_layers=shared_layers,
            resume=resume,
            overwrite=overwrite,
        )

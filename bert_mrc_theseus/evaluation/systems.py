"""What a report compares: predictions, and what is known of the models that made them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.choose import choose_engine, engine_files, load_engine
from bert_mrc_theseus.errors import DataError, ModelError
from bert_mrc_theseus.evaluation.evaluate import Evaluation, evaluate_model, evaluate_predictions
from bert_mrc_theseus.evaluation.matching import match_predictions, only_types
from bert_mrc_theseus.evaluation.run_summary import STAGE_TITLES
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.model_folder import load_model
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.model_files.run_folder import RunFolder
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import read_documents


@dataclass(frozen=True)
class ModelFacts:
    """What is known of a model that predicted.

    Attributes:
        spec: all but its weights.
        parameters: how many, embeddings and heads included; None: the folder has no weights but graphs.
        size: bytes of the files that the engine computes with.
        engine: "onnx" or "keras".
        thresholds: those used.
        decoding: which entities may overlap.
        minutes: that its stage trained; None: that is not known.
    """

    spec: ModelSpec
    parameters: int | None
    size: int
    engine: str
    thresholds: Thresholds
    decoding: Decoding
    minutes: float | None = None


@dataclass(frozen=True)
class System:
    """Predictions that are compared with others.

    Attributes:
        name: of the stage, the model or the file.
        source: the model folder, or the file of predictions.
        checksums: SHA-256 of what was computed with, or read, by name.
        evaluation: against gold.
        model: what predicted; None: another program did.
    """

    name: str
    source: Path
    checksums: dict[str, str]
    evaluation: Evaluation
    model: ModelFacts | None = None


def systems_of(
    path: Path,
    gold: Sequence[Document],
    types: Sequence[str] | None = None,
    nested: bool = False,
    read: Callable[[Path], Iterable[Document]] = read_documents,
) -> Iterator[System]:
    """All stages of a run folder that have a model; or a model folder; or predictions.

    Args:
        path: what it is shows by what it holds.
        gold: the documents with their gold entities.
        types: those that count, the only ones in `gold`; None: all.
        nested: entities may overlap, see `ModelSpec.decoding`.
        read: reads predictions.

    Raises:
        ModelError: a folder is neither run nor model.
        DataError: predictions cannot be read or lack a gold document, or a model does not know a type of gold entities.
        UserError: the Keras engine is needed, and TensorFlow is not installed.
    """
    if not path.is_dir():
        predicted = match_predictions(gold, read(path), path)
        if types is not None:
            predicted = only_types(predicted, types)
        evaluation = evaluate_predictions(gold, predicted, types or types_in(gold))
        yield System(path.name.split(".")[0] or path.name, path, {path.name: sha256_of(path)}, evaluation)
        return
    stages = list(RunFolder(path).stages())
    for stage in stages:
        report = stage.report()
        minutes = None if report is None else report.minutes
        yield _system_of_model(stage.best, STAGE_TITLES[stage.number], gold, types, nested, minutes)
    if not stages:
        if not (path / "config.json").exists():
            raise ModelError(f"{path} is neither a run folder with the model of a stage nor a model folder")
        yield _system_of_model(path, path.resolve().name, gold, types, nested)


def with_names_of_their_own(systems: Sequence[System]) -> list[System]:
    """The same systems; where two have one name, the sources are told as well."""
    names = Counter(system.name for system in systems)
    return [s if names[s.name] == 1 else replace(s, name=f"{s.name} ({s.source})") for s in systems]


def types_in(documents: Sequence[Document]) -> list[str]:
    """The types that occur in documents, by name."""
    return sorted({entity.type for document in documents for entity in document.entities})


def _system_of_model(
    folder: Path,
    name: str,
    gold: Sequence[Document],
    types: Sequence[str] | None,
    nested: bool,
    minutes: float | None = None,
) -> System:
    chosen = choose_engine(folder)
    spec, engine = load_engine(folder, chosen)
    unknown = [kind for kind in types_in(gold) if kind not in spec.schema.names]
    if unknown:
        known = [kind for kind in types_in(gold) if kind in spec.schema.names]
        hint = f"count those alone that it knows: --types {','.join(known)}" if known else ""
        raise DataError(
            f"gold entities are of types that the model does not know: {', '.join(unknown)}", folder, hint=hint
        )
    try:
        evaluation = evaluate_model(engine, spec, gold, nested=nested)
    finally:
        engine.close()
    if types is not None:
        predicted = only_types(evaluation.predicted, types)
        evaluation = evaluate_predictions(gold, predicted, types, evaluation.clipped, evaluation.seconds)
    files = engine_files(folder, chosen)
    weights = engine_files(folder, "keras")[0]
    facts = ModelFacts(
        spec,
        load_model(folder).parameters if weights.is_file() else None,
        sum(file.stat().st_size for file in files),
        chosen,
        spec.thresholds,
        spec.decoding(nested),
        minutes,
    )
    return System(name, folder, {file.name: sha256_of(file) for file in files}, evaluation, facts)

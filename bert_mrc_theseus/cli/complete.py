"""What a shell offers for a value, when it asks. Each list is imported then: a command that runs does not wait for it."""

from collections.abc import Callable, Iterable
from typing import Any

from typer import Context

Completion = Callable[..., list[str]]


def one_of(values: Callable[[], Iterable[str]]) -> Completion:
    """Offers the values that begin as what is typed.

    Args:
        values: gives them.
    """

    def offer(incomplete: str) -> list[str]:
        return [value for value in values() if value.startswith(incomplete)]

    return offer


def several_of(values: Callable[[], Iterable[str]]) -> Completion:
    """Offers values for the last part of a list separated by commas, which were not named before."""

    def offer(incomplete: str) -> list[str]:
        *named, last = incomplete.split(",")
        before = "".join(f"{name}," for name in named)
        return [before + value for value in values() if value.startswith(last) and value not in named]

    return offer


def types_of_model(ctx: Context, incomplete: str) -> list[str]:
    """Offers the types of the model that the command line names before, or of the one that is taken when none is named."""
    from bert_mrc_theseus.errors import UserError
    from bert_mrc_theseus.model_files.model_folder import load_spec
    from bert_mrc_theseus.package_data import bundled_model

    try:
        names = load_spec(ctx.params.get("model") or bundled_model()).schema.names
    except UserError:
        return []  # The command says what is wrong with the model.
    return several_of(lambda: names)(incomplete)


def _formats() -> Iterable[str]:
    from bert_mrc_theseus.output.formats import WRITERS

    return WRITERS


def _input_formats() -> Iterable[str]:
    from bert_mrc_theseus.prediction.inputs import FORMS

    return FORMS


def _corpus_formats() -> Iterable[str]:
    from bert_mrc_theseus.preprocess.readers.formats import READERS

    return READERS


def _corpora() -> Iterable[str]:
    from bert_mrc_theseus.preprocess.corpora import CORPORA, SAMPLE

    return [SAMPLE, "silver", *CORPORA]


def _engines() -> Iterable[str]:
    from bert_mrc_theseus.engines.choose import ENGINES, PROVIDED

    return [*ENGINES, *(PROVIDED + name for name in ("cuda", "coreml", "openvino"))]


def _methods() -> Iterable[str]:
    from bert_mrc_theseus.comparison.methods import METHODS

    return METHODS


def _contenders() -> Iterable[str]:
    from bert_mrc_theseus.bench.contenders import CONTENDERS

    return CONTENDERS


def _programs() -> Iterable[str]:
    from bert_mrc_theseus.bench.peer_programs import PEERS

    return PEERS


def _languages() -> Iterable[str]:
    from bert_mrc_theseus.language.choice import LANGUAGES

    return LANGUAGES


def _words(*values: str) -> Callable[[], Iterable[str]]:
    return lambda: values


formats = one_of(_formats)
input_formats = one_of(_input_formats)
corpus_formats = one_of(_corpus_formats)
corpora = one_of(_corpora)
engines = one_of(_engines)
languages = one_of(_languages)
methods = several_of(_methods)
contenders = several_of(_contenders)
programs = several_of(_programs)
rows = one_of(_words("texts", "entities"))
encodings = one_of(_words("utf-8", "gb18030", "big5", "utf-16"))
styles = one_of(_words("short", "query", "name"))
splits = one_of(_words("train", "dev", "test"))
stages = one_of(_words("0", "1", "2"))
encoders = one_of(_words("e5-small-zh"))
lexicons = several_of(_words("jieba", "none"))
targets = one_of(_words("onnx", "hf", "tf"))


def choices(values: Iterable[str]) -> Any:
    """Offers the values of an option that has few; None, where it has none."""
    known = tuple(values)
    return one_of(lambda: known) if known else None

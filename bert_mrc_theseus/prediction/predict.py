"""Documents of which the examples are there already -> the same documents with predicted entities."""

from collections.abc import Sequence

from bert_mrc_theseus.decoding.entities import answers_for
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.engine import Engine
from bert_mrc_theseus.mrc.examples import Examples
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema


def predict_documents(
    engine: Engine,
    documents: Sequence[Document],
    examples: Examples,
    schema: Schema,
    thresholds: Thresholds,
    decoding: Decoding = Decoding.FLAT,
) -> list[Document]:
    """Documents with predicted entities.

    Args:
        engine: runs the model.
        documents: what to predict for.
        examples: those built from `documents`.
        schema: types in the order of the examples' queries.
        thresholds: smallest probabilities that count.
        decoding: which entities may overlap.

    Raises:
        ModelError: nested decoding of a model without match head.
    """
    answers = answers_for(examples, schema, thresholds, decoding)
    engine.answer(examples, answers.add, answers.matches)
    return answers.documents(documents)

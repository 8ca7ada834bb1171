"""`evaluate --seqeval`: seqeval's own report of predictions as IOB2 tags, so that figures of papers can be compared.

A character has one tag, so tags hold no entity that overlaps another: of those the outermost is kept (`tags.outermost`), in
gold and predictions alike. What is left out is counted, for it is not in seqeval's figures.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bert_mrc_theseus.errors import UserError
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.tags import tags_from_entities


@dataclass(frozen=True)
class SeqevalReport:
    """What seqeval says of some predictions.

    Attributes:
        text: its report as it prints it.
        scores: the same as numbers: "precision", "recall", "f1-score" and "support" of each type and average.
        lost_gold, lost_predicted: entities that tags cannot hold.
    """

    text: str
    scores: dict[str, dict[str, float]]
    lost_gold: int
    lost_predicted: int

    def to_dict(self) -> dict[str, Any]:
        """For a JSON report."""
        lost = {"gold": self.lost_gold, "predicted": self.lost_predicted}
        return {"mode": "strict", "scheme": "IOB2", "scores": self.scores, "not in tags": lost}


def check_seqeval() -> None:
    """Looks whether seqeval is installed, before anything is computed.

    Raises:
        UserError: it is not.
    """
    try:
        import seqeval.metrics  # noqa: F401
    except ModuleNotFoundError as error:
        raise UserError(f"{error}. --seqeval needs it: pip install 'bert-mrc-theseus[seqeval]'") from error


def seqeval_report(gold: Sequence[Document], predicted: Sequence[Document]) -> SeqevalReport:
    """`seqeval.metrics.classification_report` of documents, strict, a tag a character.

    Args:
        gold: with their entities.
        predicted: the same documents in the same order, with predicted entities.

    Raises:
        UserError: seqeval is not installed.
    """
    check_seqeval()
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    (true_tags, lost_gold), (found_tags, lost_predicted) = _tags(gold), _tags(predicted)
    if not any(document.entities for document in (*gold, *predicted)):
        # Of nothing seqeval cannot make a table.
        return SeqevalReport("no entities, neither gold nor predicted", {}, 0, 0)
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    with warnings.catch_warnings():
        # Of averages without entities; what they are then is said by `zero_division`.
        warnings.simplefilter("ignore")
        text = classification_report(true_tags, found_tags, digits=4, **options)
        scores = classification_report(true_tags, found_tags, output_dict=True, **options)
    plain = {name: {key: round(float(value), 6) for key, value in row.items()} for name, row in scores.items()}
    return SeqevalReport(text, plain, lost_gold, lost_predicted)


def _tags(documents: Sequence[Document]) -> tuple[list[list[str]], int]:
    """Tags of each document, and how many entities they do not hold."""
    tagged = [tags_from_entities(document.entities, len(document.text)) for document in documents]
    return [tags for tags, _ in tagged], sum(lost for _, lost in tagged)

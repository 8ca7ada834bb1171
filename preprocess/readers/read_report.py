"""What a reader noticed: everything that was repaired, left out or skipped is counted here."""

from collections import Counter
from dataclasses import dataclass, field

from bert_mrc_theseus.errors import DataError


@dataclass
class ReadReport:
    """Counts of one read.

    Attributes:
        strict: a bad record (or entity) raises; otherwise it is skipped, counted, and its message kept.
        repaired: illegal tags repaired (see `tags`).
        unclosed: entities that ended without an end tag, and brackets without a partner.
        blank_tokens: tokens that were white space, or missing and read as a space.
        misfit_texts: documents whose tokens do not fit the raw text beside them; their text is the tokens put together.
        discontinuous: entities of several pieces, left out.
        mismatched: entities left out because their text is not what their offsets say.
        repeated: exact repeats of an entity, left out.
        repeated_documents: documents left out because an earlier one has their text, in corpora that are known for it.
        metadata: lines that stand beside the text and are no tokens, left out.
        missing_texts: rows of tables without a text (null), read as empty texts.
        unannotated: texts that nobody has annotated, left out.
        other_results: annotations that are no entities (relations, choices ...) and further annotations of a text, left out.
        errors: messages of skipped records.
        notes: what was recognised, by what it is, such as the tag scheme.
    """

    strict: bool = True
    repaired: int = 0
    unclosed: int = 0
    blank_tokens: int = 0
    misfit_texts: int = 0
    discontinuous: int = 0
    mismatched: int = 0
    repeated: int = 0
    repeated_documents: int = 0
    metadata: int = 0
    missing_texts: int = 0
    unannotated: int = 0
    other_results: int = 0
    errors: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def bad_record(self, error: DataError) -> None:
        """Raises the error, or counts the record as skipped."""
        if self.strict:
            raise error
        self.errors.append(str(error))

    @property
    def skipped(self) -> int:
        return len(self.errors)

    def counts(self) -> dict[str, int]:
        """All counts that are not zero."""
        numbers = {name: value for name, value in vars(self).items() if type(value) is int}
        return {name: value for name, value in {**numbers, "skipped": self.skipped}.items() if value}


def without_repeats(items: list, report: ReadReport) -> tuple:
    """The items once each; repeats are counted."""
    counted = Counter(items)
    report.repeated += len(items) - len(counted)
    return tuple(counted)

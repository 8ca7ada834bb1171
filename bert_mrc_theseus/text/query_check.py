"""What is wrong with a query file, before hours of training show it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.schema import Schema

LONG = 30
"""Characters of a query above which it is called long: as many tokens more for every text and type."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a type's query.

    Attributes:
        type: its name.
        problem: what is wrong.
        fatal: training or prediction would stop, or could not tell two types apart.
    """

    type: str
    problem: str
    fatal: bool = False


def check_queries(
    schema: Schema, documents: Iterable[Document] | None = None, context_position: int = 32
) -> list[Finding]:
    """Finds duplicate and overly long queries, and types that queries or training data lack.

    Args:
        schema: types and queries.
        documents: training data; None: they are not looked at.
        context_position: see `model_config.SharedContext`.
    """
    findings = []
    first: dict[str, str] = {}
    for item in schema.types:
        known = first.setdefault(_normalised(item.query), item.name)
        if known != item.name:
            findings.append(Finding(item.name, f"has the query of {known}: no model can tell them apart", fatal=True))
        length = len(item.query)
        if length > context_position - 2:
            findings.append(
                Finding(
                    item.name,
                    f"has a query of {length} characters; with the context at position {context_position} at most "
                    f"{context_position - 2} fit (train with a larger --context-position)",
                    fatal=True,
                )
            )
        elif length > LONG:
            findings.append(Finding(item.name, f"has a query of {length} characters: each is read with every text"))
    if documents is not None:
        counts = Counter(entity.type for document in documents for entity in document.entities)
        findings += [
            Finding(name, "has no entity in the training data: the model would learn that it never occurs")
            for name in schema.names
            if not counts[name]
        ]
        findings += [
            Finding(name, f"has {count:,} entities in the training data but no query", fatal=True)
            for name, count in counts.items()
            if name not in schema.names
        ]
    return findings


def _normalised(query: str) -> str:
    return "".join(query.split()).casefold()

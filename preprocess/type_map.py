"""Other names for a corpus's entity types, so that corpora agree with each other or with a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.files.reading import SURROGATE
from bert_mrc_theseus.text.documents import Document


def parse_type_map(text: str) -> dict[str, str]:
    """`OLD=NEW,OLD=NEW ...`, several old types to one new type where wanted.

    Raises:
        UsageError: the text is not written like that, or none, or an old type stands in it twice.
    """
    if SURROGATE.search(text):
        raise UsageError(f"a type is a text. Received: {text!r}")
    pairs = [tuple(name.strip() for name in item.split("=")) for item in text.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise UsageError(f"write types as OLD=NEW,OLD=NEW. Received: {text!r}")
    mapping = {old: new for old, new in pairs}
    if len(mapping) < len(pairs):
        raise UsageError(f"a type has two new names in {text!r}")
    return mapping


def rename_types(splits: Mapping[str, Sequence[Document]], mapping: Mapping[str, str]) -> dict[str, list[Document]]:
    """Documents with renamed types; entities of types that the mapping does not name are left out.

    Where types are merged and a document annotates only some of them, the merged type is not annotated there, see
    `Document.annotated`, and its entities are left out.

    Raises:
        DataError: the mapping names a type that no document has.
    """
    types = {entity.type for documents in splits.values() for document in documents for entity in document.entities}
    unknown = [old for old in mapping if old not in types]
    if unknown:
        raise DataError(
            f"no entity is of type {', '.join(unknown)}", hint=f"the types are {', '.join(sorted(types)) or 'none'}"
        )

    def renamed(document: Document) -> Document:
        kept, annotated = mapping, document.annotated
        if annotated is not None:
            partly = {new for old, new in mapping.items() if old not in annotated}
            kept = {old: new for old, new in mapping.items() if new not in partly}
            annotated = tuple(dict.fromkeys(kept.values()))
        entities = {replace(e, type=kept[e.type]) for e in document.entities if e.type in kept}
        return replace(document, entities=tuple(entities), annotated=annotated)

    return {name: [renamed(document) for document in documents] for name, documents in splits.items()}

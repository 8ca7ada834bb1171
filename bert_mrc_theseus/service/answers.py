"""Documents with entities -> what is answered."""

import json
from collections.abc import Sequence
from typing import Any

from bert_mrc_theseus.service.offsets import utf16_units
from bert_mrc_theseus.service.served_models import Reading
from bert_mrc_theseus.text.documents import Document
from bert_mrc_theseus.text.interchange import document_to_dict


def record_of(document: Document, offsets: str) -> dict[str, Any]:
    """A document in the form that `predict` writes.

    Args:
        document: with entities.
        offsets: what they count, see `bodies.Offsets`.
    """
    record = document_to_dict(document)
    if offsets == "utf-16":
        units = utf16_units(document.text)
        for entity in record["entities"]:
            entity.update(start=units(entity["start"]), end=units(entity["end"]))
    return record


def answer_of(reading: Reading, documents: Sequence[Document]) -> dict[str, Any]:
    """What a request is answered, see `bodies.EntitiesAnswer`."""
    return {
        "model": reading.model.name,
        "version": reading.model.version,
        "offsets": reading.offsets,
        "unseen": reading.unseen,
        "documents": [record_of(document, reading.offsets) for document in documents],
    }


def json_bytes(value: Any) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

"""The dev set of today is what its README says it is."""

import json
from collections import Counter

import pytest

from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.text.interchange import read_documents

FOLDER = data_folder() / "today"
DOCUMENTS = list(read_documents(FOLDER / "dev.jsonl"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TYPES = ("PER", "LOC", "ORG")


def row(documents) -> str:
    kinds = Counter(entity.type for document in documents for entity in document.entities)
    assert kinds.keys() <= set(TYPES)
    numbers = [len(documents), sum(not document.entities for document in documents), *(kinds[kind] for kind in TYPES)]
    return " | ".join(map(str, numbers)) + " |"


def test_the_table_of_the_readme():
    genres = {document.rest["genre"] for document in DOCUMENTS}
    assert len(genres) == 10 and len(DOCUMENTS) >= 400
    lines = README.splitlines()
    for genre in genres:
        here = [document for document in DOCUMENTS if document.rest["genre"] == genre]
        assert len(here) >= 30
        (line,) = (line for line in lines if line.startswith(f"| {genre} |"))
        assert line.endswith(row(here))
    assert f"| all | | {row(DOCUMENTS)}" in lines
    assert f"{len(DOCUMENTS)} sentences" in README
    assert 0.12 < sum(not document.entities for document in DOCUMENTS) / len(DOCUMENTS) < 0.22


def test_every_entity_has_its_text_beside_its_offsets():
    """So that reading the file checks all offsets."""
    for line in (FOLDER / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for entity in record["entities"]:
            assert entity["text"] == record["text"][entity["start"] : entity["end"]]


def test_nothing_occurs_twice():
    assert len({document.id for document in DOCUMENTS}) == len(DOCUMENTS)
    assert len({document.text for document in DOCUMENTS}) == len(DOCUMENTS)


def test_entities_are_flat_and_begin_and_end_with_a_letter_or_digit():
    for document in DOCUMENTS:
        assert document.text == document.text.strip()
        ends = [0, *(entity.end for entity in document.entities)]
        assert all(end <= entity.start for end, entity in zip(ends, document.entities, strict=False))
        for entity in document.entities:
            text = document.text_of(entity)
            assert text[0].isalnum() and text[-1].isalnum(), (document.id, text)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("traditional characters", lambda d: any(c in "國學會臺灣報導與員後點門過們這個時" for c in d.text)),
        ("Latin letters in a name", lambda d: any(any(c.isascii() and c.isalpha() for c in d.text_of(e)) for e in d.entities)),
        ("names without a separator", lambda d: any(
            a.end == b.start and a.type == b.type == "PER" for a, b in zip(d.entities, d.entities[1:], strict=False)
        )),
        ("a name with ·", lambda d: any("·" in d.text_of(e) for e in d.entities)),
        ("one-character names", lambda d: any(e.end - e.start == 1 for e in d.entities)),
        ("headlines, without a full stop", lambda d: d.text[-1].isalnum()),
    ],
)  # fmt: skip
def test_varied(kind, found):
    assert sum(map(found, DOCUMENTS)) >= 3, kind


def test_no_text_is_in_the_sample_corpus():
    sample = {document.text for file in (data_folder() / "sample").glob("*.jsonl") for document in read_documents(file)}
    assert sample and not sample & {document.text for document in DOCUMENTS}

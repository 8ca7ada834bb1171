"""The sample corpus is what its README says it is."""

from collections import Counter

import pytest
from bert_mrc_theseus.preprocess.corpus_files import load_corpus, query_file

from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.text.schema import read_queries

SPLITS = {split: documents for split, (documents, _) in load_corpus("sample", strict=True).items()}
DOCUMENTS = [document for documents in SPLITS.values() for document in documents]


def test_size_and_types():
    assert len(DOCUMENTS) >= 400
    counts = {split: Counter(e.type for d in documents for e in d.entities) for split, documents in SPLITS.items()}
    readme = (data_folder() / "sample" / "README.md").read_text(encoding="utf-8")
    for split, count in counts.items():
        numbers = [len(SPLITS[split]), sum(count.values()), count["PER"], count["LOC"], count["ORG"]]
        assert f"| `{split}.jsonl` | {' | '.join(map(str, numbers))} |" in readme
    assert f"{len(DOCUMENTS)} sentences" in readme
    assert set().union(*counts.values()) == set(read_queries(query_file("sample")).names)


def test_no_sentence_occurs_twice():
    assert len({document.text for document in DOCUMENTS}) == len(DOCUMENTS)


def test_entities_do_not_overlap_and_have_no_blanks_at_their_ends():
    for document in DOCUMENTS:
        ends = [0, *(entity.end for entity in document.entities)]
        assert all(end <= entity.start for end, entity in zip(ends, document.entities, strict=False))
        for entity in document.entities:
            text = document.text_of(entity)
            assert text == text.strip() != ""


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("one-character names", lambda d: any(e.end - e.start == 1 for e in d.entities)),
        ("Latin letters", lambda d: any(c.isascii() and c.isalpha() for c in d.text)),
        ("digits", lambda d: any(c.isdigit() for c in d.text)),
        ("spaces", lambda d: " " in d.text),
        ("spaces inside a name", lambda d: any(" " in d.text_of(e) for e in d.entities)),
        ("emoji", lambda d: any(ord(c) >= 0x1F300 for c in d.text)),
        ("traditional characters", lambda d: any(c in "國學會臺灣報導與員" for c in d.text)),
        ("no entity", lambda d: not d.entities),
    ],
)
def test_varied(kind, found):
    assert sum(map(found, DOCUMENTS)) >= 5, kind

"""Terms that are, or are not, entities."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.text.dictionary import ANY, LONGEST_TERM, SOURCE, Dictionary, read_dictionary
from bert_mrc_theseus.text.documents import Document, Entity
from bert_mrc_theseus.text.interchange import document_from_dict, document_to_dict

terms = st.text(st.sampled_from("甲乙丙a"), min_size=1, max_size=3)


def naive_matches(words, text):
    spans, position = [], 0
    while position < len(text):
        here = [word for word in words if text.startswith(word, position)]
        if here:
            spans.append((position, position + max(map(len, here))))
            position = spans[-1][1]
        else:
            position += 1
    return spans


@given(st.sets(terms, max_size=5), st.text(st.sampled_from("甲乙丙a丁😀"), max_size=20))
def test_matches_are_the_leftmost_longest(words, text):
    found = Dictionary({word: "X" for word in words}).matches(text)
    assert found == naive_matches(words, text)


def test_added_entities_are_marked_and_the_others_give_way():
    dictionary = Dictionary({"北京大学": "ORG", "李明": "PER"})
    document = Document("a", "李明在北京大学", (Entity(0, 2, "PER", 0.9), Entity(3, 5, "LOC", 0.8)))
    found, added, vetoed = dictionary.apply(document)
    assert (added, vetoed) == (1, 0)
    assert found.entities == (Entity(0, 2, "PER"), Entity(3, 7, "ORG"))
    assert [e.source for e in found.entities] == [None, SOURCE] and found.entities[0].score == 0.9
    again = document_from_dict(document_to_dict(found))
    assert again == found and again.entities[1].source == SOURCE


def test_vetoes():
    document = Document("a", "小米和苹果", (Entity(0, 2, "ORG"), Entity(3, 5, "ORG")))
    one, added, vetoed = Dictionary({}, {"小米": frozenset({"ORG"}), "苹果": frozenset({"PER"})}).apply(document)
    assert [document.text_of(e) for e in one.entities] == ["苹果"] and (added, vetoed) == (0, 1)
    assert Dictionary({}, {"小米": frozenset({ANY}), "苹果": frozenset({ANY})}).apply(document)[0].entities == ()


def test_a_file(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("# places\n北京\tLOC\n\n小米\tORG\tveto\n小米\t*\tveto\n", encoding="utf-8")
    found = read_dictionary(path)
    assert found.added == {"北京": "LOC"} and found.vetoed == {"小米": {"ORG", "*"}}


@pytest.mark.parametrize(
    "line", ["北京", "北京\t", "\tLOC", "北京\tLOC\tno", "北京\tLOC\tveto\tx", "北京\t*", "甲\tLOC"]
)
def test_bad_lines_are_named(tmp_path, line):
    path = tmp_path / "terms.tsv"
    path.write_text(f"甲\tX\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"terms\.tsv:[23]"):
        read_dictionary(path)


def test_counts_over_documents():
    counts: Counter[str] = Counter()
    documents = [Document(name, "小米在北京", (Entity(0, 2, "ORG"),)) for name in "ab"]
    dictionary = Dictionary({"北京": "LOC"}, {"小米": frozenset({ANY})})
    found = list(dictionary.correct(documents, counts))
    assert [d.id for d in found] == ["a", "b"] and all(d.entities == (Entity(3, 5, "LOC"),) for d in found)
    assert counts == {"added": 2, "vetoed": 2}


@pytest.mark.parametrize(
    "lines", ["北京\tLOC\n北京\t*\tveto", "北京\tLOC\tveto\n北京\tLOC", "北京\t*\tveto\n北京\tLOC"]
)
def test_a_term_that_is_added_and_vetoed(tmp_path, lines):
    path = tmp_path / "terms.tsv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(DataError, match=r"terms\.tsv:2: '北京' is both added and vetoed"):
        read_dictionary(path)
    path.write_text("北京\tLOC\n北京\tORG\tveto", encoding="utf-8")
    assert read_dictionary(path).added == {"北京": "LOC"}


def test_a_term_without_end_is_refused_before_the_automaton_has_it(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text(f"北京\tLOC\n{'长' * (LONGEST_TERM + 1)}\tLOC", encoding="utf-8")
    with pytest.raises(DataError, match=r"terms\.tsv:2: a term of 1,001 characters"):
        read_dictionary(path)
    for term in ("", "长" * (LONGEST_TERM + 1)):
        with pytest.raises(UsageError, match="1 to 1,000"):
            Dictionary({term: "LOC"})
    longest = "长" * LONGEST_TERM
    assert Dictionary({longest: "LOC"}).matches(f"x{longest}") == [(1, LONGEST_TERM + 1)]

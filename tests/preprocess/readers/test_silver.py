"""Silver documents: jieba's parts of speech and a dictionary."""

import re

import jieba.posseg
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.silver import Annotator, read_silver
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.text.dictionary import Dictionary
from bert_mrc_theseus.text.interchange import document_from_dict, document_to_dict

ANNOTATE = Annotator()


def test_parts_of_speech_become_entities():
    document = ANNOTATE("1", "王小明昨天从北京回到上海。")
    assert {(document.text_of(e), e.type) for e in document.entities} >= {("北京", "LOC"), ("上海", "LOC")}
    assert document.silver and all(e.source == "jieba" for e in document.entities)
    assert document_from_dict(document_to_dict(document)).silver


@given(st.text(max_size=40))
def test_offsets_hold_for_any_text(text):
    document = ANNOTATE("1", text)
    assert document.text == text
    words = jieba.posseg.lcut(text)
    assert "".join(word for word, _ in words) == text
    # What stands at the offsets are the names that jieba finds, in its order.
    types = {"nr": "PER", "ns": "LOC", "nt": "ORG"}
    names = [(word, types.get(flag[:2])) for word, flag in words if len(word) > 1]
    assert [(document.text_of(e), e.type) for e in document.entities] == [name for name in names if name[1]]


@given(st.lists(st.sampled_from(["北京", "上海", "，", "。", "😀", "abc", " ", "12", "\n", "的"]), max_size=12))
def test_places_among_other_characters_are_found_where_they_stand(parts):
    # A full stop on each side, so that neighbours make no other word of them.
    document = ANNOTATE("1", "".join(f"。{part}。" for part in parts))
    starts = [match.start() for match in re.finditer("北京|上海", document.text)]
    assert [(e.start, e.end, e.type) for e in document.entities] == [(start, start + 2, "LOC") for start in starts]


def test_a_dictionary_adds_and_vetoes(tmp_path):
    path = tmp_path / "raw.txt"
    path.write_text("云帆智造从北京搬走。\n\n第二行\n", encoding="utf-8")
    dictionary = Dictionary({"云帆智造": "ORG"}, {"北京": frozenset({"LOC"})})
    first, second = read_silver(path, ReadReport(), dictionary=dictionary)
    assert [(first.text_of(e), e.type, e.source) for e in first.entities] == [("云帆智造", "ORG", "dictionary")]
    assert second.id == "3" and second.silver

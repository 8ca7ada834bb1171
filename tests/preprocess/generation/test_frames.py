"""The frames that come along and the dev set of today have nothing in common."""

from bert_mrc_theseus.preprocess.generation.generate import generated, own_grammar
from bert_mrc_theseus.preprocess.generation.grammar import read_grammar
from bert_mrc_theseus.preprocess.generation.phrases import literal_parts

from bert_mrc_theseus.package_data import data_folder
from bert_mrc_theseus.text.interchange import read_documents

GRAMMAR = read_grammar(own_grammar())
LONGEST = 5
"""Characters in a row that a frame may share with the dev set."""


def runs(text: str) -> set[str]:
    length = LONGEST + 1
    return {text[start : start + length] for start in range(len(text) - length + 1)}


def test_no_six_characters_of_a_frame_are_in_the_dev_set():
    today: set[str] = set()
    for document in read_documents(data_folder() / "today" / "dev.jsonl"):
        today |= runs(document.text)
    shared = {
        frame.id: common
        for frame in GRAMMAR.frames
        for part in literal_parts(frame.phrase)
        if (common := runs(part) & today)
    }
    assert today and shared == {}


def test_most_names_of_the_dev_set_are_new():
    """Household names stand in both; what the dev set's README says of them."""
    made = {(e.type, d.text_of(e)) for d in generated(GRAMMAR, 4000, 10, 42) for e in d.entities}
    today = [
        (entity.type, document.text_of(entity))
        for document in read_documents(data_folder() / "today" / "dev.jsonl")
        for entity in document.entities
    ]
    for kind, share in (("PER", 0.1), ("LOC", 0.3), ("ORG", 0.3)):
        mentions = [name for name in today if name[0] == kind]
        assert sum(name in made for name in mentions) < share * len(mentions)
    assert sum(name in made for name in today) < 0.25 * len(today)


def test_there_are_many_and_none_twice():
    assert len(GRAMMAR.frames) >= 400
    assert len({frame.source for frame in GRAMMAR.frames}) == len(GRAMMAR.frames)
    assert len({frame.genre for frame in GRAMMAR.frames}) >= 10

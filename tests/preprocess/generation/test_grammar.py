"""The form of rules and frames, and sentences of them."""

import numpy as np
import pytest
from bert_mrc_theseus.preprocess.generation.grammar import read_grammar
from bert_mrc_theseus.preprocess.generation.phrases import literal_parts

from bert_mrc_theseus.errors import DataError
from bert_mrc_theseus.text.documents import Entity

RULES = """# names
surname: 王 欧阳
person/PER = <surname>明|<surname>小
  芳
city/LOC: 杭州 宁波
hospital/ORG = <city>{第一|}医院
when = 昨天|
"""


@pytest.fixture
def grammar(tmp_path):
    def made(frames: str, rules: str = RULES):
        (tmp_path / "frames").mkdir(exist_ok=True)
        (tmp_path / "names.txt").write_text(rules, encoding="utf-8")
        (tmp_path / "frames" / "news.txt").write_text(frames, encoding="utf-8")
        return read_grammar(tmp_path)

    return made


def sentences(grammar, number: int = 0, count: int = 60):
    return [grammar.sentence(grammar.frames[number], str(seed), np.random.default_rng(seed)) for seed in range(count)]


def test_what_a_symbol_stands_for_is_an_entity_and_nothing_inside_it(grammar):
    made = sentences(grammar("# a comment\n<when>{在|}<hospital>，<person>说\n"))
    texts = {document.text for document in made}
    assert len(texts) > 20
    for document in made:
        assert [entity.type for entity in document.entities] == ["ORG", "PER"]
        organisation, person = map(document.text_of, document.entities)
        assert organisation in {"杭州第一医院", "杭州医院", "宁波第一医院", "宁波医院"}
        assert person in {"王明", "欧阳明", "王小 芳", "欧阳小 芳"}
        assert document.text in {f"{when}{at}{organisation}，{person}说" for when in ("昨天", "") for at in ("在", "")}
        assert document.rest == {"genre": "news", "frame": "news-2"}


def test_a_literal_entity(grammar):
    (document,) = sentences(grammar("<ORG:小米>不煮小米粥"), count=1)
    assert document.text == "小米不煮小米粥" and document.entities == (Entity(0, 2, "ORG"),)


def test_the_same_label_is_the_same_name_and_others_are_different_ones(grammar):
    for document in sentences(grammar("<city#1>和<city>，<city#1>")):
        first, second, third = map(document.text_of, document.entities)
        assert first == third != second


def test_symbols_that_are_no_entities_come_anew_each_time(grammar):
    texts = {document.text for document in sentences(grammar("<surname><surname>"))}
    assert texts == {"王王", "王欧阳", "欧阳王", "欧阳欧阳"}


def test_further_names_are_text_whatever_they_look_like(grammar):
    made = sentences(grammar("<city>").with_names({"city": ["{甲|乙}", "<丙>"]}))
    assert {document.text for document in made} == {"杭州", "宁波", "{甲|乙}", "<丙>"}


def test_literal_parts(grammar):
    phrase = grammar("一{二<city>三|{四|}}五").frames[0].phrase
    assert list(literal_parts(phrase)) == ["一", "二", "三", "四", "五"]


@pytest.mark.parametrize(
    ("frames", "rules", "message"),
    [
        ("<town>", RULES, r"news\.txt:1: there is no symbol town"),
        ("好\n{一|二", RULES, r"news\.txt:2: a brace is not closed"),
        ("一}", RULES, r"news\.txt:1: } stands alone"),
        ("一|二", RULES, r"news\.txt:1: \| stands alone"),
        ("<城市>", RULES, r"news\.txt:1: <城市 is neither"),
        ("<city", RULES, r"news\.txt:1: <city is neither"),
        ("", RULES + "city: 苏州", r"names\.txt:8: the symbol city is made twice"),
        ("", RULES + "town = {<lake>}", r"names\.txt:8: there is no symbol lake"),
        ("", RULES + "a = 一<b>\nb = <a>|二", r"names\.txt:8: the symbol a is made of itself"),
        ("", RULES + "town/LOC = 一|", r"names\.txt:8: the symbol town may stand for nothing"),
        ("", RULES + "苏州", r"names\.txt:8: not a rule"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(grammar, frames, rules, message):
    with pytest.raises(DataError, match=message):
        grammar(frames, rules)

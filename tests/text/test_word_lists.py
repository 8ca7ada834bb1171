"""Word lists in the forms of jieba, HanLP and users."""

import gzip
import io

import jieba
import pytest

from bert_mrc_theseus.errors import DataError, UsageError
from bert_mrc_theseus.text.word_lists import (
    LONGEST,
    ORGANISATION,
    OTHER_NAME,
    PERSON,
    PLACE,
    WORD,
    hanlp_words,
    jieba_words,
    sources_of,
    term_words,
)


def test_jieba_words(monkeypatch):
    lines = (
        "北京 3 ns\n玛丽 1 nrt\n协和医院 1 nt\n奔驰 1 nz\n跑步 1 v\n京 1 ns\n跑 1 v\n" + "长" * (LONGEST + 1) + " 1 n\n"
    )
    monkeypatch.setattr(jieba, "get_dict_file", lambda: io.BytesIO(lines.encode()))
    words = jieba_words()
    kinds = {"北京": PLACE, "玛丽": PERSON, "协和医院": ORGANISATION, "奔驰": OTHER_NAME, "跑步": WORD, "京": PLACE}
    assert words.words == {word: 1 << kind for word, kind in kinds.items()}
    assert (words.name, words.left_out) == ("jieba", 1) and "MIT" in words.notice


def test_jiebas_own_dictionary():
    words = jieba_words()
    assert len(words.words) > 300_000 and words.words["高雄市"] == 1 << PLACE


def test_hanlp_words(tmp_path):
    (tmp_path / "人名词典.txt").write_text("丁一宇 nr 15\r\n赵长江\n高峰\tn\t10\tnr\t3\n\n", encoding="utf-8")
    with gzip.open(tmp_path / "全国地名大全.txt.gz", "wt", encoding="utf-8") as stream:
        stream.write("长江\n高峰\n一\n")
    (tmp_path / "core.txt").write_text(f"公司 nis 4\n走\n走路\n{'长' * 13} nt 1\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("no list", encoding="utf-8")
    words = hanlp_words(tmp_path)
    assert words.words == {
        "丁一宇": 1 << PERSON,
        "赵长江": 1 << PERSON,
        "高峰": 1 << WORD | 1 << PLACE,
        "长江": 1 << PLACE,
        "公司": 1 << ORGANISATION,
        "走路": 1 << WORD,
    }
    assert (words.name, words.left_out) == ("hanlp", 1) and "Apache" in words.notice


@pytest.mark.parametrize("line", ["丁一宇 nr", "丁一宇 nr many", "New York ns 3"])
def test_another_form_of_line_is_reported_with_its_place(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"北京\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"list\.txt:2: not a line of a word list"):
        hanlp_words(tmp_path)


def test_a_folder_without_lists(tmp_path):
    with pytest.raises(DataError, match=r"no word lists.*\.txt\.gz"):
        hanlp_words(tmp_path)


def test_terms_have_classes_or_entity_types(tmp_path):
    path = tmp_path / "terms.tsv"
    lines = [
        "华西医院\tORG",
        "玛丽\tper.nam",
        "科技\tORG\tveto",
        "# no term",
        "高雄\tplace",
        "iPhone 17\tPRODUCT",
        "跑\tword",
    ]
    path.write_text("\n".join([*lines, "长" * 13 + "\tLOC", ""]), encoding="utf-8")
    words = term_words(path)
    kinds = {"华西医院": ORGANISATION, "玛丽": PERSON, "高雄": PLACE, "iPhone 17": OTHER_NAME, "跑": WORD}
    assert words.words == {word: 1 << kind for word, kind in kinds.items()}
    assert words.left_out == 1


def test_terms_that_cannot_be_read(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("华西医院\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"terms\.tsv:1"):
        term_words(path)
    path.write_text("科技\tORG\tveto\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"no terms.*organisation"):
        term_words(path)


def test_the_sources_of_a_lexicon(tmp_path):
    terms = tmp_path / "terms.tsv"
    terms.touch()
    assert sources_of("none") == sources_of("") == []
    assert sources_of(f"jieba, {terms}") == ["jieba", str(terms)]
    for wrong in (",", " ", "jieba,", "absent", "jieba,none"):
        with pytest.raises(UsageError, match="no lexicon"):
            sources_of(wrong)
    with pytest.raises(UsageError, match="named once"):
        sources_of("jieba,jieba")

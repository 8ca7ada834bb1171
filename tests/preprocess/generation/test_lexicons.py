"""Names of word lists in a folder."""

import gzip

import pytest
from bert_mrc_theseus.preprocess.generation.lexicons import lexicon_names

from bert_mrc_theseus.errors import DataError


@pytest.fixture
def lists(tmp_path):
    (tmp_path / "全国地名大全.txt").write_text("青川县\n一一社区\n石桥镇\n石桥镇\n95025部队\n", encoding="utf-8")
    with gzip.open(tmp_path / "机构名词典.txt.gz", "wt", encoding="utf-8") as stream:
        stream.write("青川师范学院 ntu 3 n 1\n青川师范学院校友会 nt 1\n青川医院 nth 1\n好医院 nt 1\n")
    (tmp_path / "nrf.txt").write_text("丁伯根 nrf 1\n", encoding="utf-8")
    (tmp_path / "另一个.txt").write_text("不读 它\n", encoding="utf-8")
    return tmp_path


def test_only_words_of_the_right_form_and_tag_each_once(lists):
    found = {symbol: names for symbol, names in lexicon_names(lists).items() if names}
    assert found == {
        "county": ["青川县"],
        "town": ["石桥镇"],
        "transliterated": ["丁伯根"],
        "university": ["青川师范学院"],
        "hospital": ["青川医院"],
    }


def test_a_list_that_is_not_there_is_named(lists):
    (lists / "nrf.txt").unlink()
    with pytest.raises(DataError, match=r"nrf\.txt \(or \.gz\) is not there"):
        lexicon_names(lists)

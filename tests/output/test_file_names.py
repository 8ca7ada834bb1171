"""Names of files for ids of any kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.output.file_names import FileNames

IDS = st.one_of(
    st.sampled_from(
        ["a", "a", "A", "a-2", "a-3", "é", "e\u0301", "É", "ß", "ss", "", ".", "..", "con", "CON.x", "a.", "a "]
    ),
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.text("很长\U0001f600x", min_size=20, max_size=200),
)
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


@given(st.lists(IDS, max_size=30))
def test_every_id_gets_a_legal_name_of_its_own(ids):
    names = FileNames(".txt")
    made = [names.name_for(id) for id in ids]
    assert len({name.casefold() for name in made}) == len(ids)
    for name in made:
        assert 0 < len(f"{name}.txt".encode()) <= 120
        assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', name) and name[0] not in ". " and name[-1] not in ". "
        assert name.partition(".")[0].strip().casefold() not in RESERVED


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("news-7", "news-7"),
        ("第三章 一", "第三章 一"),
        ("a/b.txt:12", "a_b.txt_12"),
        ("C:\\x?.txt", "C__x_.txt"),
        ("../x", "x"),
        ("nul.txt", "_nul.txt"),
        ("", "document"),
        ("x" * 200, "x" * 116),
        ("很" * 50, "很" * 38),
    ],
)
def test_an_id_that_can_be_a_name_is_kept(id, name):
    assert FileNames(".txt").name_for(id) == name


def test_the_end_of_a_long_id_tells_documents_apart():
    names = FileNames(".txt")
    folder = "很长的文件夹" * 20
    assert [names.name_for(f"{folder}/{n}")[-2:] for n in range(3)] == ["_0", "_1", "_2"]


def test_many_equal_ids_take_no_time():
    names = FileNames(".txt")
    assert len({names.name_for("x") for _ in range(20000)}) == 20000

"""A lexicon in a file."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.model_files.lexicon_file import LEXICON, read_lexicon, write_lexicon
from bert_mrc_theseus.mrc.lexicon import build_lexicon
from bert_mrc_theseus.text.word_lists import CLASSES, WordList

WORDS = {"北京": 2, "北京大学": 4, "大学": 16, "京": 2}


def lexicon_of(words):
    return build_lexicon([WordList("甲", "MIT", words, 3), WordList("b", "", {"上海": 2})])


@pytest.fixture
def path(tmp_path):
    write_lexicon(tmp_path / LEXICON, lexicon_of(WORDS))
    return tmp_path / LEXICON


@given(
    st.dictionaries(st.text(st.sampled_from("北京大学a"), min_size=1, max_size=6), st.integers(1, 31), max_size=20),
    st.text(st.sampled_from("北京大学a，"), max_size=30),
)
def test_read_back_it_finds_the_same(tmp_path_factory, words, text):
    path = tmp_path_factory.mktemp("lexicon") / LEXICON
    lexicon = lexicon_of(words)
    write_lexicon(path, lexicon)
    read = read_lexicon(path)
    assert read.sources == lexicon.sources
    for mine, other in zip(read.matches(text), lexicon.matches(text), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_sources_keep_their_notices(path):
    first, second = read_lexicon(path).sources
    assert (first.name, first.notice, first.words, first.left_out) == ("甲", "MIT", 4, 3)
    assert second.words == 1


def test_equal_lists_make_equal_files(path, tmp_path):
    write_lexicon(tmp_path / "other", lexicon_of(dict(reversed(WORDS.items()))))
    assert path.read_bytes() == (tmp_path / "other").read_bytes()


def test_an_absent_file(tmp_path):
    with pytest.raises(ModelError, match=f"{LEXICON} is missing"):
        read_lexicon(tmp_path / LEXICON)


def about(classes=CLASSES, **source):
    known = {"name": "a", "notice": "", "words": 1, "left_out": 0, **source}
    return {"lexicon": json.dumps({"classes": classes, "sources": [known, {**known, "name": "b"}]})}


@pytest.mark.parametrize(
    "metadata, change, message",
    [
        (about(), {"trie": np.zeros(40, np.uint8)}, "cannot be read as a lexicon"),
        (about(), {"classes": np.zeros((2, 2), np.uint8)}, "do not fit"),
        (about(), {"classes": np.zeros((5, 2), np.int64)}, "do not fit"),
        (about(colour="red"), {}, "cannot be read as a lexicon"),
        (about(classes=["person"]), {}, "has the classes person, not"),
        ({"lexicon": "{"}, {}, "cannot be read as a lexicon"),
        ({"other": ""}, {}, "cannot be read as a lexicon"),
        (None, {}, "cannot be read as a lexicon"),
    ],
)
def test_what_is_no_lexicon_is_refused(path, metadata, change, message):
    save_file({**load_file(path), **change}, path, metadata)
    with pytest.raises(ModelError, match=message):
        read_lexicon(path)


def test_a_torn_file_is_reported(path):
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="cannot be read as a lexicon"):
        read_lexicon(path)

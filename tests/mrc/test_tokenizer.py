"""One token a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.mrc.tokenizer import Tokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
TOKENIZER = Tokenizer((*SPECIAL, "[SPACE]", "天", "a", "B", "1", "e", "，"))


@given(st.text())
def test_one_token_per_code_point(text):
    ids = TOKENIZER.encode(text).ids
    assert len(ids) == len(text)
    assert list(ids) == [TOKENIZER.encode(char).ids[0] for char in text]


@pytest.mark.parametrize(
    "char, entry",
    [("天", "天"), ("A", "a"), ("B", "B"), ("b", "[UNK]"), ("１", "1"), ("Ａ", "a"), ("é", "e"), (" ", "[SPACE]"),
     ("\u3000", "[SPACE]"), ("\t", "[SPACE]"), ("地", "[UNK]"), ("，", "，")],
)  # fmt: skip
def test_looks_a_character_up_in_the_forms_a_vocabulary_may_have(char, entry):
    assert TOKENIZER.vocab[TOKENIZER.encode(char).ids[0]] == entry


def test_white_space_is_unknown_to_an_ordinary_vocabulary():
    assert Tokenizer((*SPECIAL, "天")).encode(" ").ids[0] == 1


def test_special_tokens_by_their_ids():
    assert [TOKENIZER.vocab[i] for i in TOKENIZER.special(TOKENIZER.cls, TOKENIZER.pad).ids] == ["[CLS]", "[PAD]"]


def test_names_the_missing_special_tokens():
    with pytest.raises(ModelError, match=r"\[CLS\], \[SEP\]"):
        Tokenizer(("[PAD]", "[UNK]", "天"))

"""tokenizer.json gives the tokens that this project gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as HubTokenizer

from bert_mrc_theseus.model_files.hub_tokenizer import TOKENIZER, write_hub_tokenizer
from bert_mrc_theseus.model_files.model_folder import load_spec, save_model
from bert_mrc_theseus.mrc.tokenizer import Tokenizer
from bert_mrc_theseus.package_data import bundled_model
from tests.helpers.models import make_weights
from tests.helpers.saved_models import make_saved

VOCAB = make_weights().vocab
ODD = "的a A Ａ１，。 \u3000\n\r\t é Ⅳ ① ﬁ ㍿ İ [CLS][SEP][SPACE] 😀\u0301"


@pytest.fixture(scope="module")
def hub_tokenizer(tmp_path_factory) -> HubTokenizer:
    folder = tmp_path_factory.mktemp("model")
    write_hub_tokenizer(folder, VOCAB, 128)
    made = HubTokenizer.from_file(str(folder / TOKENIZER))
    made.encode_special_tokens = True
    return made


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(ODD + "".join(VOCAB))), max_size=30))
def test_any_text_has_the_same_tokens(hub_tokenizer, text):
    encoded = hub_tokenizer.encode(text, add_special_tokens=False)
    assert encoded.ids == Tokenizer(VOCAB).encode(text).ids.tolist()
    assert encoded.offsets == [(place, place + 1) for place in range(len(text))]


def test_a_pair_is_laid_out_as_the_model_reads_it(hub_tokenizer):
    encoded, ours = hub_tokenizer.encode("人名", "李明 " + ODD), Tokenizer(VOCAB)
    query, context = (ours.encode(text).ids.tolist() for text in ("人名", "李明 " + ODD))
    assert encoded.ids == [ours.cls, *query, ours.sep, *context, ours.sep]
    assert encoded.type_ids == [0] * (len(query) + 2) + [1] * (len(context) + 1)


def test_the_bundled_model_has_one():
    bundled = HubTokenizer.from_file(str(bundled_model() / TOKENIZER))
    bundled.encode_special_tokens = True
    expected = Tokenizer(load_spec(bundled_model()).vocab).encode(ODD).ids.tolist()
    assert bundled.encode(ODD, add_special_tokens=False).ids == expected


def test_transformers_reads_a_model_folder(tmp_path):
    transformers = pytest.importorskip("transformers", reason="the extra bench is not installed")
    save_model(tmp_path, make_saved())
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    ours = Tokenizer(VOCAB)
    assert tokenizer(ODD, add_special_tokens=False)["input_ids"] == ours.encode(ODD).ids.tolist()
    assert (tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.model_max_length) == (ours.pad, ours.cls, 128)

import numpy as np
import pytest
from bert_mrc_theseus.preprocess.readers.read_report import ReadReport
from bert_mrc_theseus.preprocess.readers.silver import Annotator, read_silver
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.model.mrc_model import predecessor_from
from bert_mrc_theseus.text.dictionary import Dictionary
from bert_mrc_theseus.text.documents import document_from_dict, document_to_dict
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.models import batch_of, make_weights

ANNOTATE = Annotator()


def test_parts_of_speech_become_entities():
    document = ANNOTATE("1", "王小明昨天从北京回到上海。")
    assert {(document.text_of(e), e.type) for e in document.entities} >= {("北京", "LOC"), ("上海", "LOC")}
    assert document.silver and all(e.source == "jieba" for e in document.entities)
    assert document_from_dict(document_to_dict(document)).silver


@given(st.text(max_size=40))
def test_offsets_hold_for_any_text(text):
    words = [pair.word for pair in ANNOTATE._tagger.cut(text)]
    assert "".join(words) == text
    assert ANNOTATE("1", text).text == text


def test_a_dictionary_adds_and_vetoes(tmp_path):
    path = tmp_path / "raw.txt"
    path.write_text("云帆智造从北京搬走。\n\n第二行\n", encoding="utf-8")
    dictionary = Dictionary({"云帆智造": "ORG"}, {"北京": frozenset({"LOC"})})
    first, second = read_silver(path, ReadReport(), dictionary)
    assert [(first.text_of(e), e.type, e.source) for e in first.entities] == [("云帆智造", "ORG", "dictionary")]
    assert second.id == "3" and second.silver


def first_loss(rows, weights):
    model = predecessor_from(make_weights(dropout=0.0), prior=0.3)
    model.heads.kernel.assign(np.random.default_rng(1).standard_normal((16, 2)))
    before = np.array(model.heads.kernel)
    step = make_train_step(model, build_optimizer(model.trainable_variables, 1e-2, 10, weight_decay=0.0), "bce")
    batch = {name: values[rows] for name, values in batch_of([9, 14]).items()}
    labels = np.random.default_rng(0).integers(0, 2, (2, 14, 2)).astype("float32")[rows]
    loss = step({**batch, "weights": np.array(weights, "float32"), "seed": np.int32(0)}, labels)
    return loss, not np.array_equal(np.array(model.heads.kernel), before)


def test_a_weight_of_zero_teaches_nothing_and_less_weight_counts_less():
    assert first_loss([0, 1], [0.0, 0.0]) == (0.0, False)
    alone, learnt = first_loss([0], [1.0])
    other, _ = first_loss([1], [1.0])
    assert learnt and first_loss([0, 1], [1.0, 0.0])[0] == pytest.approx(alone, rel=1e-5)
    # 4 and 9 context tokens.
    expected = (4 * alone + 0.5 * 9 * other) / (4 + 0.5 * 9)
    assert first_loss([0, 1], [1.0, 0.5])[0] == pytest.approx(expected, rel=1e-5)

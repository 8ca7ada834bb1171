"""Models that share all layers: each text and each query is read once, and they meet below the heads."""

import numpy as np
import pytest

from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.theseus import TheseusModel
from bert_mrc_theseus.model.token_layout import context_mask
from bert_mrc_theseus.model_files.model_config import SharedContext
from bert_mrc_theseus.mrc.batch_types import Draws
from bert_mrc_theseus.mrc.collate import collate, collate_texts, span_labels
from bert_mrc_theseus.text.documents import Document
from tests.helpers.documents import toy_documents
from tests.helpers.models import make_weights, some_pairs
from tests.helpers.saved_models import word_model


@pytest.fixture(scope="module")
def model():
    return keras_model(word_model())


def examples_of(*texts):
    return word_model().spec.examples([Document(str(i), text) for i, text in enumerate(texts)])


def test_a_pairs_logits_are_the_heads_of_the_product_of_its_query_and_its_text(model):
    examples = examples_of("李明在北京大学。", "上海")
    batch = collate_texts(examples, examples.all_pairs())
    output = model.forward(batch)
    tensors = {name: np.array(variable) for name, variable in model.fusion.named_weights().items()}
    # The queries as if they were texts: their top states are what the fusion takes the mean of.
    as_texts = model.forward(batch._replace(contexts=batch.queries, members=np.array([[0, 0]], np.int32)))
    assert as_texts.states[-1].shape[0] == 3
    span = np.array(model.heads.kernel)
    logits = np.array(output.head_input) @ span + np.array(model.heads.bias)
    np.testing.assert_allclose(np.array(output.logits), logits, atol=1e-4)
    assert tensors["heads.fusion.context.weight"].shape == (32, 32)


def test_what_is_read_of_a_text_does_not_depend_on_queries_or_on_the_other_texts(model):
    examples = examples_of("李明在北京大学。", "上海", "一的是不了在有和人这")
    whole = model.forward(collate_texts(examples, examples.all_pairs()))
    alone = model.forward(collate_texts(examples, np.array([[1, 2]])))
    length = len("上海") + 2
    np.testing.assert_allclose(np.array(whole.logits)[5, :length], np.array(alone.logits)[0, :length], rtol=1e-4)


def test_labels_and_masks_are_those_of_the_context_with_its_special_tokens():
    document = toy_documents(8, 3)[1]
    spec = word_model().spec
    examples = spec.examples([document, Document("long", "的" * 30)])
    pairs = examples.all_pairs()[:4]
    labels, mask = span_labels(examples, pairs), np.array(context_mask(collate_texts(examples, pairs)))
    assert labels.shape == (4, 32, 2) and mask.shape == (4, 32)
    assert mask[0].tolist() == [0] + [1] * len(document.text) + [0] * (31 - len(document.text))
    for row, name in enumerate(("PER", "LOC")):
        spans = [(e.start, e.end) for e in document.entities if e.type == name]
        assert sorted(np.flatnonzero(labels[row, :, 0])) == [start + 1 for start, _ in spans]
        assert sorted(np.flatnonzero(labels[row, :, 1])) == [end for _, end in spans]


def test_a_model_refuses_batches_of_the_other_kind(model):
    examples, pairs = some_pairs()
    with pytest.raises(ValueError, match="shares 3 layers reads no PairBatch"):
        model.forward(collate(examples, pairs))
    mine = examples_of("李明")
    with pytest.raises(ValueError, match="shares 0 layers reads no TextBatch"):
        predecessor_from(make_weights()).forward(collate_texts(mine, mine.all_pairs()))


def test_theseus_runs_the_chosen_layers_and_freezes_all_that_is_above_them():
    saved = word_model()
    predecessor = keras_model(saved)
    theseus = TheseusModel(predecessor, 3, shared_layers=3)
    examples = examples_of("李明在北京大学。", "上海")
    batch = collate_texts(examples, examples.all_pairs())
    expected = np.array(predecessor(batch))
    for drawn in ([False] * 3, [True] * 3):
        # Each successor layer starts as its module, which is one layer here.
        found = theseus.forward(batch, Draws(None, np.array(drawn)))
        np.testing.assert_allclose(np.array(found.logits), expected, atol=1e-5)
    trainable = {id(variable) for variable in theseus.trainable_variables}
    layers = {id(variable) for layer in theseus.successor_layers for variable in layer.variables}
    assert trainable == layers
    alone = theseus.extract_successor()
    np.testing.assert_allclose(np.array(alone(batch)), expected, atol=1e-5)
    assert alone.config.words == saved.spec.config.words and alone.config.shared == SharedContext(3)

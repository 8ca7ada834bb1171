"""Padding changes no result, and leaves few sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.model.build import keras_model, predecessor_from
from bert_mrc_theseus.model.padded_batches import (
    SMALLEST,
    Size,
    close_sizes,
    few_sizes,
    padded,
    padded_batch,
    shared_out,
    sizes_of,
)
from bert_mrc_theseus.model.token_layout import context_mask
from bert_mrc_theseus.model_files.model_config import MatchShape, SharedContext
from bert_mrc_theseus.mrc.batch_types import (
    PAIR_BATCH,
    SHARED_BATCH,
    TARGETS,
    PairBatch,
    SharedBatch,
    Targets,
    TextBatch,
    TokenRows,
    Tokens,
    text_batch_form,
)
from bert_mrc_theseus.mrc.collate import collate, collate_shared, collate_texts, match_labels, span_labels
from bert_mrc_theseus.training.config import Distillation
from bert_mrc_theseus.training.distillation import Teacher
from bert_mrc_theseus.training.optimizer import build_optimizer
from bert_mrc_theseus.training.step import make_train_step
from tests.helpers.documents import toy_documents
from tests.helpers.models import batch_of, draws, make_weights, some_pairs
from tests.helpers.saved_models import word_model

RULES = [close_sizes, few_sizes]


def rows_of(rows: int, length: int) -> TokenRows:
    return TokenRows(Tokens(np.empty((rows, length), "int32")), np.empty(rows, "int32"))


def pairs_of_size(rows: int, length: int) -> PairBatch:
    tokens, lengths = rows_of(rows, length)
    return PairBatch(tokens, lengths, lengths)


def batch_of_sizes(kind: type, pairs: Size, contexts: Size, queries: Size):
    """A batch with no content."""
    if kind is PairBatch:
        return pairs_of_size(*pairs)
    members = np.empty((pairs.rows, 2), "int32")
    if kind is SharedBatch:
        return SharedBatch(pairs_of_size(*pairs), rows_of(*queries), rows_of(*contexts), members)
    return TextBatch(rows_of(*queries), rows_of(*contexts), members)


SIZES = st.builds(Size, st.integers(1, 40), st.integers(1, 700))


@given(st.sampled_from([PairBatch, SharedBatch, TextBatch]), SIZES, SIZES, SIZES, st.integers(1, 5))
def test_a_size_is_never_smaller_and_devices_divide_its_rows(kind, pairs, contexts, queries, devices):
    batch = batch_of_sizes(kind, pairs, contexts, queries)
    for rule in RULES:
        found, own = shared_out(rule(batch), devices), sizes_of(batch)
        for size, before in zip(found, own, strict=True):
            if before is None:
                assert size is None
                continue
            assert size.rows >= before.rows and size.length >= before.length and size.rows % devices == 0
        # The model's answer is as long as its contexts.
        if kind is TextBatch:
            assert found.pairs.length == found.contexts.length


@given(SIZES)
def test_close_sizes_are_close_and_few_sizes_no_more_than_eight_times_as_large_beyond_the_smallest(size):
    (close, *_), (few, *_) = (rule(pairs_of_size(*size)) for rule in RULES)
    assert close.rows < 2 * size.rows and close.length < size.length + 64
    assert few.rows * few.length <= max(SMALLEST, 2 * size.rows * max(64, 4 * size.length))


@pytest.mark.parametrize(("budget", "shortest", "least", "most"), [(1024, 65, 2, 2), (1024, 8, 2, 4), (2048, 8, 3, 7)])
def test_batches_within_a_budget_have_few_sizes(budget, shortest, least, most):
    sizes = [(rows, length) for length in range(shortest, 513) for rows in range(1, budget // length + 1)]
    found = {few_sizes(pairs_of_size(*size)) for size in sizes}
    assert least <= len(found) <= most
    assert len({close_sizes(pairs_of_size(*size)) for size in sizes}) > 2 * most


@given(st.integers(1, 16), st.integers(1, 256), st.integers(1, 8), st.integers(1, 32), st.data())
def test_the_parts_of_a_batch_make_no_more_sizes(contexts, length, queries, query_length, data):
    """Those of all batches of up to 16 texts and 8 queries, whatever pairs they ask."""
    pairs = data.draw(st.integers(1, contexts * queries))
    asked, texts = Size(queries, query_length), Size(contexts, length)
    by_text = few_sizes(batch_of_sizes(TextBatch, Size(pairs, length), texts, asked))
    whole = Size(64, 64) if length <= 64 else Size(16, 256)
    assert by_text == (Size(8 * whole.rows, whole.length), whole, Size(8, 32))
    shared = few_sizes(batch_of_sizes(SharedBatch, Size(contexts, length), Size(min(pairs, contexts), length), asked))
    assert shared == (whole, whole, Size(8, 32))


@pytest.mark.parametrize(("rows", "devices", "padded_rows"), [(1, 1, 1), (5, 1, 8), (1, 2, 2), (5, 2, 8), (5, 3, 9)])
def test_devices_get_as_many_rows_each(rows, devices, padded_rows):
    batch = batch_of([9] * rows)
    found, size = padded_batch(batch, close_sizes, devices)
    assert found.tokens.ids.shape == size == (padded_rows, 64)
    assert not found.lengths[rows:].any() and not found.tokens.ids[rows:].any()
    np.testing.assert_array_equal(found.tokens.ids[:rows, :9], batch.tokens.ids)


def model_of(name: str, seed: int):
    """A model that reads a kind of batch; another seed, other answers."""
    if name == "texts":
        model = keras_model(word_model())
    else:
        model = predecessor_from(make_weights(), SharedContext(1, 16), 0.3, match=MatchShape(4, 6))
    random = np.random.default_rng(seed)
    for variable_name, variable in model.named_weights().items():
        # Small: a loss of hundreds would hide a difference.
        if variable_name.startswith(("heads.", "top.words.", "embeddings.words.")):
            variable.assign(0.1 * random.standard_normal(variable.shape))
    return model


def batch_and_targets(name: str):
    """A batch of a kind, its declaration, and its targets."""
    if name == "texts":
        examples = word_model().spec.examples(toy_documents(5, 4))
        # Five of the pairs of three texts: no power of two, so that rows are added to the pairs.
        pairs = examples.all_pairs()[[1, 2, 3, 4, 5]]
        batch, form = collate_texts(examples, pairs), text_batch_form(words=True)
    else:
        examples, pairs = some_pairs()
        collated = {"pairs": (collate, PAIR_BATCH), "shared": (collate_shared, SHARED_BATCH)}
        function, form = collated[name]
        batch = function(examples, pairs)
    weights = np.linspace(0.5, 1, len(pairs), dtype="float32")
    return batch, form, Targets(span_labels(examples, pairs), weights, match_labels(examples, pairs))


@pytest.mark.parametrize("name", ["pairs", "shared", "texts"])
def test_rows_that_fill_up_a_batch_have_no_context(name):
    batch, _, _ = batch_and_targets(name)
    expected = np.array(context_mask(batch))
    for rule in RULES:
        found = np.array(context_mask(padded_batch(batch, rule)[0]))
        assert found.shape[0] > expected.shape[0] and found.sum() == expected.sum()
        np.testing.assert_array_equal(found[: expected.shape[0], : expected.shape[1]], expected)


@pytest.mark.parametrize("name", ["shared", "texts"])
def test_padding_changes_no_answer_no_loss_and_no_gradient(name):
    """With a teacher, and a match head, on any backend; pairs alone: tests/test_backends.py."""
    batch, form, targets = batch_and_targets(name)
    model, teacher = model_of(name, 1), Teacher(model_of(name, 2), Distillation(1.0, 2.0, 1.0))
    optimizer = build_optimizer(model.trainable_variables, 1e-3, 4)
    step = make_train_step(model, optimizer, "bce", teacher=teacher, form=form)
    stored = [*model.variables, *optimizer.variables]
    before = [np.array(variable) for variable in stored]

    def results(batch, targets):
        for variable, value in zip(stored, before, strict=True):
            variable.assign(value)
        answer = np.array(model.forward(batch).logits)
        # The second loss depends on the first gradients.
        return answer, [step(batch, targets, draws(number)) for number in range(2)]

    answer, losses = results(batch, targets)
    for rule in RULES:
        whole, size = padded_batch(batch, rule)
        assert size.rows > answer.shape[0] and size.length > answer.shape[1]
        found, with_padding = results(whole, padded(targets, TARGETS, size))
        np.testing.assert_allclose(found[: answer.shape[0], : answer.shape[1]], answer, atol=1e-5)
        np.testing.assert_allclose(with_padding, losses, rtol=1e-5)

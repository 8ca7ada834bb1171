"""Who is read when, and that batches change no answer."""

from concurrent.futures import Future
from threading import Barrier, Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_mrc_theseus.decoding.entities import answers_for
from bert_mrc_theseus.decoding.spans import Decoding, Thresholds
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.errors import ModelError
from bert_mrc_theseus.package_data import bundled_model
from bert_mrc_theseus.service.batching import RUN, Batcher, Task
from bert_mrc_theseus.text.documents import Document
from tests.helpers.models import SCHEMA, examples_of
from tests.helpers.services import SlowEngine

THRESHOLDS = Thresholds()


def task_of(*texts, schema=SCHEMA):
    documents = [Document(number, text) for number, text in enumerate(texts)]
    examples = examples_of(documents)
    return Task(documents, schema, examples, answers_for(examples, schema, THRESHOLDS, Decoding.FLAT))


class Held:
    """Batches of a batcher whose engine answers one batch at a time, when told so."""

    def __init__(self, budget):
        self.gate = Event()
        self.engine = SlowEngine(self.gate.wait)
        self.batcher = Batcher(self.engine, 1, budget)


@pytest.fixture
def held():
    made = Held(budget=50)
    # The engine is busy, so that what comes now waits.
    made.first = made.batcher.submit(task_of("一" * 39))
    while not made.engine.batches:
        pass
    yield made
    made.gate.set()
    made.batcher.close()


def test_a_short_text_overtakes_a_long_one(held):
    order = []
    long = task_of("。".join(["一" * 30] * 20))
    short = task_of("短")
    for name, task in (("long", long), ("short", short)):
        task.future.add_done_callback(lambda _, name=name: order.append(name))
        held.batcher.submit(task)
    held.gate.set()
    long.future.result()
    assert order == ["short", "long"]


def test_long_texts_come_to_their_end_though_short_ones_never_stop():
    batcher: Batcher
    more = [task_of("短短短") for _ in range(400)]

    def go():
        # With each batch come more short texts than it can take.
        for _ in range(4):
            if more:
                batcher.submit(more.pop())

    engine = SlowEngine(go)
    batcher = Batcher(engine, 1, budget=15)
    long = task_of("。".join(["一" * 30] * 20))
    left: list[int] = []
    # Counted at once: short ones are read on until this thread has its turn.
    long.future.add_done_callback(lambda _: left.append(len(more)))
    batcher.submit(long).result()
    assert left[0], "the long text was left until no short one was there"
    batcher.close()


def test_texts_that_wait_are_read_together_up_to_the_budget(held):
    futures = [held.batcher.submit(task_of("一二三")) for _ in range(20)]
    held.gate.set()
    for future in futures:
        future.result()
    batches = held.engine.batches[1:]
    assert sum(map(len, batches)) == 20
    assert max(map(len, batches)) == 10 and all(sum(n + 2 for n in batch) <= 50 for batch in batches)


def test_texts_of_unlike_length_are_read_apart(held):
    futures = [held.batcher.submit(task_of("一" * size)) for size in (3, 20, 4, 22)]
    held.gate.set()
    for future in futures:
        future.result()
    assert sorted(map(sorted, held.engine.batches[1:])) == [[3, 4], [20, 22]]


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=4), max_size=20),
    st.integers(1, 120),
    st.integers(1, 3),
)
def test_each_text_is_read_once_in_batches_that_pay(sizes, budget, threads):
    engine = SlowEngine(lambda: None, threads)
    batcher = Batcher(engine, threads, budget, wait=0.001)
    for future in [batcher.submit(task_of(*("一" * size for size in task))) for task in sizes]:
        future.result(5)
    batcher.close()
    engine.close()
    read = [size for batch in engine.batches for size in batch]
    assert sorted(read) == sorted(size for task in sizes for size in task if size)
    for batch in engine.batches:
        tokens = [size + 2 for size in batch]
        assert len(batch) == 1 or len(batch) * max(tokens) <= budget
        assert len(batch) * max(tokens) - sum(tokens) <= RUN * (len(batch) - 1)


@pytest.mark.parametrize(
    "tasks", [[("一" * 10,), ("一" * 40,)], [("一" * 10, "一" * 40)]], ids=["two tasks", "one task"]
)
def test_each_thread_reads_a_batch_of_its_own(tasks):
    together = Barrier(2)
    engine = SlowEngine(lambda: together.wait(5), threads=2)
    batcher = Batcher(engine, 2, budget=45)
    for future in [batcher.submit(task_of(*texts)) for texts in tasks]:
        future.result()
    batcher.close()
    engine.close()


def test_a_thread_that_has_nothing_to_read_is_the_engine_s_again(held):
    held.gate.set()
    held.first.result()
    assert held.engine.submit(lambda: "free").result(5) == "free"


def test_what_else_a_thread_is_given_has_its_turn_while_texts_never_end():
    batcher: Batcher
    turn = Event()
    more = [task_of("短") for _ in range(100)]

    def go():
        if len(more) == 100:
            engine.submit(turn.set)
        if more and not turn.is_set():
            batcher.submit(more.pop())

    engine = SlowEngine(go)
    batcher = Batcher(engine, 1)
    batcher.submit(task_of("短")).result()
    assert turn.wait(5) and more, "it waited until no text was there"
    batcher.close()
    engine.close()


def test_those_that_ask_other_queries_are_not_mixed(held):
    other = SCHEMA.only(["LOC"])
    mixed = [held.batcher.submit(task_of("一", schema=schema)) for schema in (SCHEMA, other) * 3]
    held.gate.set()
    for future in mixed:
        future.result()
    assert sorted(map(len, held.engine.batches[1:])) == [3, 3]


def test_what_is_cancelled_is_not_read(held):
    gone, kept = task_of("一" * 5), task_of("一" * 7)
    held.batcher.submit(gone).cancel()
    held.batcher.submit(kept)
    held.gate.set()
    kept.future.result()
    assert [5] not in held.engine.batches and [7] in held.engine.batches


def test_an_error_of_the_engine_reaches_who_waits_and_the_next_is_answered():
    errors = [ModelError("damaged")]

    def go():
        if errors:
            raise errors.pop()

    batcher = Batcher(SlowEngine(go), 1)
    with pytest.raises(ModelError, match="damaged"):
        batcher.submit(task_of("一")).result()
    assert batcher.submit(task_of("一")).result()[0].entities == ()
    batcher.close()


def test_a_closed_batcher_has_read_what_it_took_and_takes_no_more(held):
    waiting = held.batcher.submit(task_of("一"))
    held.gate.set()
    held.batcher.close()
    assert waiting.done() and held.first.done()
    with pytest.raises(RuntimeError):
        held.batcher.submit(task_of("一"))


def test_the_bundled_model_answers_a_batch_as_it_answers_each_text_to_the_last_bit():
    spec, engine = load_engine(bundled_model())
    texts = [
        "程晓光从广州飞往大连。",
        "他",
        "國立音樂大學的沈維鈞老師在新竹演出。",
        "明天降温，请大家多穿衣服。",
        "明天降温，请大家多穿些衣服。",
        "后天下雪，請出门的人当心路滑。",
        "。" * 70,
    ] * 2

    def task(*texts):
        documents = [Document(number, text) for number, text in enumerate(texts)]
        examples = spec.examples(documents)
        return Task(
            documents, spec.schema, examples, answers_for(examples, spec.schema, spec.thresholds, Decoding.FLAT)
        )

    batcher = Batcher(engine, 2, wait=0.2)
    together = [task(text) for text in texts]
    for future in [batcher.submit(one) for one in together]:
        future.result()
    for text, one in zip(texts, together, strict=True):
        alone = task(text)
        engine.answer(alone.examples, alone.answers.add)
        for mine, other in zip(one.answers.windows, alone.answers.windows, strict=True):
            np.testing.assert_array_equal(mine, other)
    batcher.close()
    engine.close()


def test_nothing_to_read_is_answered_at_once():
    batcher = Batcher(SlowEngine(Future().result), 1)
    assert [d.id for d in batcher.submit(task_of("", "")).result(1)] == [0, 1]
    batcher.close()

"""One pool of threads for many callers."""

import subprocess
import sys
import threading
import time
import weakref

import pytest

from bert_mrc_theseus.engines.thread_pool import ThreadPool


@pytest.fixture(params=[1, 2, 4])
def pool(request):
    made = ThreadPool(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("count", [0, 1, 3, 500])
def test_each_item_is_done_once_before_it_returns(pool, count):
    done = []
    pool.for_each(done.append, iter(range(count)))
    assert sorted(done) == list(range(count))


def test_items_are_done_on_several_threads_at_the_same_time():
    pool = ThreadPool(3)
    # Nobody passes before three are there.
    together = threading.Barrier(3, timeout=60.0)
    threads = set()

    def meet(item):
        threads.add(threading.get_ident())
        together.wait()

    pool.for_each(meet, range(3))
    assert len(threads) == 3 and threading.get_ident() in threads
    pool.close()


def test_an_error_is_raised_and_what_had_not_begun_is_left_out(pool):
    begun = []

    def fail(item):
        begun.append(item)
        if item == 5:
            raise ZeroDivisionError(f"item {item}")
        time.sleep(0.001)

    with pytest.raises(ZeroDivisionError, match="item 5"):
        pool.for_each(fail, range(10_000))
    # Those before it, and the few that other threads had begun meanwhile.
    assert set(range(6)) <= set(begun) and len(begun) < 1000
    # Nothing of the failure stays.
    done = []
    pool.for_each(done.append, range(10))
    assert sorted(done) == list(range(10))


@pytest.mark.parametrize("first_is_the_caller", [True, False])
def test_of_several_errors_the_first_is_raised(first_is_the_caller):
    pool, caller = ThreadPool(2), threading.get_ident()
    together, failed = threading.Barrier(2, timeout=60.0), threading.Event()

    def fail(item):
        together.wait()
        if (threading.get_ident() == caller) == first_is_the_caller:
            failed.set()
            raise ZeroDivisionError("first")
        failed.wait(60.0)
        # The other's error is on its way.
        time.sleep(0.1)
        raise KeyError("second")

    with pytest.raises(ZeroDivisionError, match="first"):
        pool.for_each(fail, range(2))
    pool.close()


CALLERS = """
from sys import argv
from bert_mrc_theseus.engines.thread_pool import ThreadPool

pool, done = ThreadPool(int(argv[1])), []

def outer(number):
    pool.for_each(lambda item: done.append((number, item)), range(20))
    return number

futures = [pool.submit(outer, number) for number in range(12)]
assert [future.result() for future in futures] == list(range(12))
assert sorted(done) == [(number, item) for number in range(12) for item in range(20)]

# Items that have items of their own.
done.clear()
pool.submit(pool.for_each, outer, range(7)).result()
assert sorted(done) == [(number, item) for number in range(7) for item in range(20)]
pool.close()
"""


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_callers_that_are_threads_of_the_pool_do_not_wait_for_each_other(threads):
    # In a process of its own: threads that wait for ever would keep this one from ending.
    subprocess.run([sys.executable, "-c", CALLERS, str(threads)], check=True, timeout=120.0)


def test_no_thread_starts_before_it_is_needed_and_none_stays():
    before = set(threading.enumerate())
    pool = ThreadPool(4)
    pool.for_each(lambda item: None, [])
    assert set(threading.enumerate()) == before
    pool.submit(int).result(timeout=60.0)
    assert len(set(threading.enumerate()) - before) == 1
    pool.close()
    assert set(threading.enumerate()) == before


def test_what_a_function_holds_is_let_go_though_no_thread_was_free_to_help():
    pool, held = ThreadPool(2), threading.Event()
    busy = pool.submit(held.wait, 10)

    class Large:
        def use(self, item):
            pass

    def work():
        large = Large()
        pool.for_each(large.use, range(3))
        known = weakref.ref(large)
        del large
        return known() is None

    try:
        assert pool.submit(work).result(5)
    finally:
        held.set()
        busy.result()
        pool.close()

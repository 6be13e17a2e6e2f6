"""Model threads: alone at once, together while all are busy, each with its own answer or error."""

import asyncio
import threading
import time

import numpy as np
import pytest

from backend.inference.batching import MAX_ROWS, MERGED_ROWS, Runner
from backend.models import time_limits
from backend.models.time_limits import CLOCK_FACTOR, Stopwatch
from models_zoo.errors import Overdue


@pytest.fixture
def runner():
    runner = Runner(2)
    yield runner
    runner.close()


def rows(*values):
    return np.array([[value] for value in values], np.float32)


def first(part):
    return float(part[0, 0])


def doubled(batch, _options=None):
    return batch * 2


def test_each_call_gets_its_own_rows_back(runner):
    async def ask():
        calls = [runner.map("model", doubled, rows(n, -n), lambda part: part.ravel().tolist()) for n in range(300)]
        return await asyncio.gather(*calls)

    assert asyncio.run(ask()) == [[2 * n, -2 * n] for n in range(300)]
    assert runner.rows == 600
    assert runner.batches < 300


def test_calls_that_come_while_all_threads_are_busy_share_a_batch(runner):
    busy, go, sizes = threading.Semaphore(0), threading.Event(), []

    def slow(batch, _options):
        sizes.append(len(batch))
        busy.release()
        assert go.wait(10)
        return batch

    async def ask():
        calls = [asyncio.create_task(runner.map("model", slow, rows(n), first)) for n in range(2)]
        await asyncio.to_thread(lambda: (busy.acquire(), busy.acquire()))
        calls += [asyncio.create_task(runner.map("model", slow, rows(n), first)) for n in range(2, 2 * MERGED_ROWS + 9)]
        await asyncio.sleep(0.05)
        go.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(ask()) == list(range(2 * MERGED_ROWS + 9))
    assert sizes[0] + sizes[1] == 2
    assert sorted(sizes[2:]) == [7, MERGED_ROWS, MERGED_ROWS]


def test_a_call_larger_than_a_batch_goes_alone(runner):
    many = np.ones((MAX_ROWS + 5, 1), np.float32)
    assert asyncio.run(runner.map("model", doubled, many, lambda part: part.sum())) == 2 * (MAX_ROWS + 5)


def test_an_error_of_one_answer_stays_with_its_request(runner):
    def picky(part):
        if part[0, 0] == 6:
            raise ValueError("six")
        return first(part)

    async def ask():
        calls = [runner.map("model", doubled, rows(n), picky) for n in range(6)]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(ask())
    assert isinstance(answers.pop(3), ValueError)
    assert answers == [0, 2, 4, 8, 10]


def test_an_error_of_the_model_reaches_all_of_its_batch_and_the_next_call_works(runner):
    broken = [True]

    def model(batch, options):  # one key is one function: a call may join the queue of those before it
        if broken:
            raise ValueError("no such operator")
        return doubled(batch, options)

    async def ask():
        calls = [runner.map("model", model, rows(n), first) for n in range(9)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        broken.clear()
        return answers, await runner.map("model", model, rows(4), first)

    answers, after = asyncio.run(ask())
    assert [str(answer) for answer in answers] == ["no such operator"] * 9
    assert after == 8


def test_one_model_in_demand_does_not_keep_the_others_waiting():
    runner, order = Runner(1), []

    def note(name):
        return lambda batch, _options: order.append(name) or batch

    async def ask():
        many = [runner.map("busy", note("busy"), np.ones((MAX_ROWS, 1), np.float32), len) for _ in range(20)]
        await asyncio.gather(*many, runner.map("other", note("other"), rows(1), len))

    asyncio.run(ask())
    runner.close()
    assert order.index("other") <= 3


def test_the_deadline_of_a_run_counts_cpu_time(monkeypatch):
    monkeypatch.setattr(time_limits, "CLOCK_FACTOR", 3000)  # elapsed time alone ends nothing here
    runner, used = Runner(1, seconds=0.2), []

    def wait(batch, _options):
        time.sleep(0.5)
        return batch

    def compute(batch, options):
        began = time.thread_time()
        while not options.terminate and time.thread_time() - began < 30:
            pass
        used.append(time.thread_time() - began)
        raise RuntimeError("ended")

    assert asyncio.run(runner.map("waits", wait, rows(1), first)) == 1
    with pytest.raises(Overdue, match=r"0\.2 s of CPU time"):
        asyncio.run(runner.map("computes", compute, rows(1), first))
    runner.close()
    assert 0.2 <= used[0] < 30


def test_a_run_that_only_waits_is_ended_too():
    runner, ends = Runner(1, seconds=0.1), []

    def wait(_batch, options):
        for _ in range(3000):
            time.sleep(0.02)
            if options.terminate:
                break
        ends.append(options.terminate)
        raise RuntimeError("ended")

    with pytest.raises(Overdue, match=rf"and {CLOCK_FACTOR * 0.1:g} s of elapsed time"):
        asyncio.run(runner.map("model", wait, rows(1), first))
    runner.close()
    assert ends == [True]


def test_a_stopwatch_measures_its_own_thread_and_survives_it():
    made = []
    thread = threading.Thread(target=lambda: made.append(Stopwatch()))
    thread.start()
    thread.join()
    began = time.thread_time()
    while time.thread_time() - began < 0.05:
        pass
    assert not made[0].exceeds(0.04 + made[0].seconds() / CLOCK_FACTOR)
    assert not made[0].restarted().exceeds(60)

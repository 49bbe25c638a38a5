"""Jobs and ranges: order, errors, bounded look-ahead."""

import asyncio
import itertools
import threading
from collections.abc import Generator, Iterator

import pytest

from narthex.runtime.executor import Executor


@pytest.fixture
def executor() -> Iterator[Executor]:
    made = Executor(jobs=2, kernels=2)
    yield made
    made.close()


def test_map_keeps_the_order(executor: Executor) -> None:
    assert list(executor.map(lambda i: i * i, range(50))) == [i * i for i in range(50)]


def test_map_takes_items_only_as_they_are_needed(executor: Executor) -> None:
    taken = []

    def items() -> Iterator[int]:
        for i in itertools.count():
            taken.append(i)
            yield i

    results = executor.map(lambda i: i, items())
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert isinstance(results, Generator)
    results.close()
    assert len(taken) <= 3 + executor.kernel_threads + 1


def test_map_raises_the_first_error(executor: Executor) -> None:
    def fail_at_three(i: int) -> int:
        if i == 3:
            raise ValueError("three")
        return i

    with pytest.raises(ValueError, match="three"):
        list(executor.map(fail_at_three, range(10)))


def test_run_leaves_the_loop_free(executor: Executor) -> None:
    async def scenario() -> str:
        go = threading.Event()
        job = asyncio.ensure_future(executor.run(go.wait, 5))
        await asyncio.sleep(0)
        assert not job.done()
        go.set()
        return str(await job)

    assert asyncio.run(scenario()) == "True"


def test_the_python_lane_is_for_one(executor: Executor) -> None:
    inside = []
    first_in, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with executor.python_lane():
            inside.append("first")
            first_in.set()
            let_go.wait(5)
            inside.append("first out")

    def follow() -> None:
        first_in.wait(5)
        let_go.set()
        with executor.python_lane():
            inside.append("second")

    threads = [threading.Thread(target=hold), threading.Thread(target=follow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == ["first", "first out", "second"]

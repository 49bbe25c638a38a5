"""The only place that starts tasks: every one has a name, an owner, and an end that is noticed.

A task that fails is not lost: the failure is logged with the task's name and handed to
`wait_failed`, so that the process can stop with the reason instead of limping on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

from narthex.telemetry.log import Logger


class Supervisor:
    """Owner of the tasks of one component; stopping it stops them all.

    An async context manager: leaving it cancels what still runs and waits for it.
    """

    def __init__(self, name: str, log: Logger | None = None) -> None:
        self._name = name
        self._log = log or Logger("supervisor")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: asyncio.Event = asyncio.Event()
        self.failure: BaseException | None = None

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task; its failure is logged and kept in `failure`."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        error = task.exception()
        self._log.error("task failed", task=task.get_name(), err=repr(error))
        if self.failure is None:
            self.failure = error
            self._failure.set()

    async def wait_failed(self) -> BaseException:
        """Wait until a task has failed; return its error."""
        await self._failure.wait()
        assert self.failure is not None
        return self.failure

    async def stop(self) -> None:
        """Cancel every task and wait until all have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

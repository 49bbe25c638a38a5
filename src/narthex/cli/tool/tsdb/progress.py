"""A bar on the terminal for work that takes a while; nothing when nobody looks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import Progress as Bar

from narthex.cli.tool.tsdb.create_blocks import Progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """What `create_blocks` reports to: one bar a phase, on stderr, only on a terminal."""
    console = Console(stderr=True)
    with Bar(console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, int] = {}

        def report(what: str, done: int, total: int) -> None:
            task = tasks.get(what)
            if task is None:
                task = tasks[what] = bar.add_task(what, total=total)
            bar.update(task, completed=done, total=total)  # type: ignore[arg-type] # TaskID is int

        yield report

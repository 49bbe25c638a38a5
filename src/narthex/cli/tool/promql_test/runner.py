"""Files of the test language through the engine: counts, and the reasons of what failed.

In every file passed and failed are together the number of its evaluations: one that cannot be
evaluated, whatever the reason, has failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from narthex.cli.tool.promql_test.commands import Clear, Command, Evaluation, Load
from narthex.cli.tool.promql_test.errors import BadItem, BadScript
from narthex.cli.tool.promql_test.evaluation import evaluate
from narthex.cli.tool.promql_test.script import parse_script
from narthex.cli.tool.promql_test.store import LoadRefused, ScriptStore
from narthex.promql.engine import Engine, EngineOptions
from narthex.promql.features import DELAYED_NAME_REMOVAL, USE_START_TIMESTAMPS
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.runtime.clock import SystemClock
from narthex.runtime.executor import Executor
from narthex.storage.store import memory_store

OPTIONS = EngineOptions(
    lookback_ms=300_000,
    timeout_s=100.0,
    max_samples=10_000,
    features=ALL_FEATURES | {DELAYED_NAME_REMOVAL, USE_START_TIMESTAMPS},
)
"""What the language's files are written for."""

FAILURES_SHOWN = 10
"""Of each file, unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An evaluation that did not give what it should."""

    line: int
    query: str
    reason: str


@dataclass(slots=True)
class FileReport:
    """What became of the evaluations of one file."""

    name: str
    passed: int = 0
    failures: list[Failure] = field(default_factory=list)


def run_files(
    paths: Sequence[Path],
    out: TextIO,
    *,
    failures_shown: int | None = FAILURES_SHOWN,
) -> int:
    """Run files and print what became of them; the exit code.

    A line a file, its failures below it (None: all of them), and a last line with the sums. 1 when
    anything failed or a file could not be read.
    """
    passed = failed = 0
    unread = False
    with _executor() as executor:
        for path in paths:
            try:
                report = run_script(str(path), path.read_text("utf-8"), executor)
            except (OSError, UnicodeDecodeError, BadScript) as error:
                print(f"{path}: {error}", file=out)
                unread = True
                continue
            passed, failed = passed + report.passed, failed + len(report.failures)
            _print_report(report, out, failures_shown)
    print(f"{passed} passed, {failed} failed", file=out)
    return 1 if failed or unread else 0


@contextmanager
def _executor() -> Iterator[Executor]:
    executor = Executor(jobs=1)
    try:
        yield executor
    finally:
        executor.close()


def run_script(name: str, content: str, executor: Executor) -> FileReport:
    """Run one file's content. Raises BadScript before anything is evaluated."""
    commands = parse_script(content)
    return _Run(name, executor).run(commands)


def _print_report(report: FileReport, out: TextIO, failures_shown: int | None) -> None:
    print(f"{report.name}: {report.passed} passed, {len(report.failures)} failed", file=out)
    shown = report.failures[:failures_shown]
    for failure in shown:
        print(f"  line {failure.line}: {failure.query}: {failure.reason}", file=out)
    if len(shown) < len(report.failures):
        print(f"  and {len(report.failures) - len(shown)} more, see --verbose", file=out)


class _Run:
    """The commands of one file, one after the other, over one store."""

    def __init__(self, name: str, executor: Executor) -> None:
        self._executor = executor
        self._report = FileReport(name)
        self._clear()

    def run(self, commands: Sequence[Command]) -> FileReport:
        for command in commands:
            if isinstance(command, Clear):
                self._clear()
            elif isinstance(command, Load):
                self._load(command)
            else:
                self._evaluate(command)
        return self._report

    def _clear(self) -> None:
        self._spoiled = ""
        self._store = ScriptStore(memory_store())
        self._engine = Engine(self._store, self._executor, SystemClock(), OPTIONS)

    def _load(self, load: Load) -> None:
        """A load that fails spoils the evaluations up to the next `clear`."""
        try:
            self._store.load(load)
        except (LoadRefused, BadItem) as error:
            self._spoiled = f"load at line {load.line}: {error}"

    def _evaluate(self, evaluation: Evaluation) -> None:
        reason = self._spoiled or self._fault(evaluation)
        if reason:
            failure = Failure(evaluation.line, evaluation.query, reason)
            self._report.failures.append(failure)
        else:
            self._report.passed += 1

    def _fault(self, evaluation: Evaluation) -> str:
        try:
            return evaluate(self._engine, evaluation)
        except Exception as error:  # noqa: BLE001 - a bug fails its evaluation, not the others'
            return f"internal error: {type(error).__name__}: {error}"

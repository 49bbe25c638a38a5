"""The engine without a server: `narthex.open(path)` appends, queries, and returns arrays.

One process at a time holds a data folder, a server or a library. Times are seconds since the epoch
or aware `datetime`s where they come in, and `datetime64[ms]` where they go out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.symbols import EMPTY
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.model.value import MAX_TIME_MS, MIN_TIME_MS
from narthex.promql.engine import Engine, EngineOptions
from narthex.promql.result import (
    MatrixResult,
    Result,
    ScalarResult,
    StringResult,
    VectorResult,
)
from narthex.promql.syntax.nodes import VectorSelector
from narthex.promql.syntax.parser import parse
from narthex.runtime.clock import SystemClock
from narthex.runtime.executor import Executor
from narthex.storage.interface import Batch, RejectReason
from narthex.storage.store import Store
from narthex.storage.tsdb import Machine

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Time = float | int | datetime

TEND_S = 15.0
"""How often appending also tends the store, as the server does on its own."""

_TIMES_MS_END = 2.0**63
Series = Labels | Mapping[str, str]


class Refused(ValueError):
    """Samples that storage did not take; `by_reason` counts them."""

    def __init__(self, by_reason: Mapping[str, int]) -> None:
        counts = ", ".join(f"{count} {reason}" for reason, count in by_reason.items())
        super().__init__(f"samples were refused: {counts}; the others are stored")
        self.by_reason = dict(by_reason)


@dataclass(frozen=True)
class Answer:
    """Series with samples: what a query returned.

    `labels` one dictionary a series; `starts` int64[n + 1] bounds its samples in `times`
    (datetime64[ms]) and `values` (float64). A sample that is a native histogram has the value 0.0,
    and in `histogram` (int32; None: there are none) its row of `histograms`, -1 for a float.
    """

    table: LabelTable
    starts: NDArray[np.int64]
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()
    histogram: NDArray[np.int32] | None = None
    histograms: Histograms | None = None

    @property
    def labels(self) -> list[dict[str, str]]:
        """The labels of each series."""
        return [labels.as_dict() for labels in self.table.to_labels()]

    def __len__(self) -> int:
        return len(self.table)

    def samples(self, series: int) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
        """Times and values of one series, as views."""
        part = slice(self.starts[series], self.starts[series + 1])
        return self.times[part], self.values[part]

    def to_arrow(self) -> pa.Table:
        """One row a sample: a dictionary column for each label, `time` and `value`.

        The value is null for a native histogram.
        """
        import pyarrow as pa  # noqa: PLC0415 - an extra

        lengths = np.diff(self.starts)
        columns: dict[str, pa.Array] = {}
        for name in sorted(self.table.columns):
            ids, codes = np.unique(self.table.columns[name], return_inverse=True)
            texts = pa.array([self.table.symbols.text(i) for i in ids.tolist()], pa.string())
            rows = np.repeat(codes.astype(np.int32), lengths)
            absent = np.repeat(self.table.columns[name] == EMPTY, lengths)
            indices = pa.array(rows, mask=absent)
            columns[name] = pa.DictionaryArray.from_arrays(indices, texts)
        columns["time"] = pa.array(self.times, pa.timestamp("ms", tz="UTC"))
        columns["value"] = pa.array(
            self.values, mask=None if self.histogram is None else self.histogram >= 0
        )
        return pa.table(columns)

    def to_pandas(self) -> pd.DataFrame:
        """The same rows as a DataFrame."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The same rows as a DataFrame."""
        import polars as pl  # noqa: PLC0415 - an extra

        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)
        return frame


class Database:
    """A data folder, open for reading and writing. A context manager."""

    def __init__(self, path: str | os.PathLike[str], tenant: TenantId = DEFAULT_TENANT) -> None:
        self._tenant = tenant
        self._clock = SystemClock()
        self._tended_s = self._clock.monotonic_s()
        self._executor = Executor(jobs=1)
        self._store = Store.open(Path(path), machine=Machine(clock=self._clock))
        self._engine = Engine(self._store, self._executor, self._clock, EngineOptions())

    def append(
        self, series: Series | Sequence[Series], times: ArrayLike | datetime, values: ArrayLike
    ) -> int:
        """Store samples; returns how many.

        One series with times and values of the same length, or n series with one time, or one
        time each, and n values. Raises Refused when some were not taken (the others are stored),
        ValueError for times that are none, OSError when the log cannot be written.
        """
        times_ms = _to_ms(times)
        floats = np.atleast_1d(np.asarray(values, np.float64))
        if isinstance(series, Labels | Mapping):
            return self._append_one(_labels(series), times_ms, floats)
        refs = self._resolve([_labels(one) for one in series])
        if floats.size != refs.size or times_ms.size not in (1, refs.size):
            raise ValueError(
                f"{refs.size} series need as many values (got {floats.size})"
                f" and one time, or one each (got {times_ms.size})"
            )
        return _stored([self._commit(refs, times_ms, floats)])

    def _append_one(
        self, labels: Labels, times_ms: NDArray[np.int64], values: NDArray[np.float64]
    ) -> int:
        if times_ms.size != values.size:
            raise ValueError(f"{values.size} values need as many times (got {times_ms.size})")
        refs = self._resolve([labels])
        # A batch holds a ref once: the samples of one series are a batch each, in order of time.
        order = np.argsort(times_ms, kind="stable").tolist()
        return _stored([self._commit(refs, times_ms[i : i + 1], values[i : i + 1]) for i in order])

    def _resolve(self, series: list[Labels]) -> NDArray[np.uint64]:
        resolution = self._store.appender(self._tenant).resolve(PackedLabels.from_labels(series))
        _raise_if_refused(resolution.rejected)
        return resolution.refs

    def _commit(
        self,
        refs: NDArray[np.uint64],
        times_ms: NDArray[np.int64],
        values: NDArray[np.float64],
    ) -> NDArray[np.uint8]:
        batch = Batch(self._tenant, refs, times_ms, values)
        receipt = self._store.appender(self._tenant).commit(batch)
        self._tend()
        return receipt.rejected

    def _tend(self) -> None:
        """Now and then do what a server does beside: sync the log, seal rows, cut blocks."""
        now_s = self._clock.monotonic_s()
        if now_s - self._tended_s >= TEND_S:
            self._tended_s = now_s
            self._store.sync()
            self._store.maintain()

    def query(self, expression: str, time: Time | None = None) -> Answer | float | str:
        """The value of a PromQL expression at one moment (now): series, a number, or a text.

        Raises `promql.syntax.parser.ParseError` and `promql.errors.QueryError`.
        """
        time_ms = self._clock.now_ms() if time is None else _moment_ms(time)
        found = self._engine.instant(self._tenant, expression, time_ms)
        return _answer(found.result, tuple(found.warnings()), tuple(found.infos()))

    def query_range(self, expression: str, start: Time, end: Time, step: float) -> Answer:
        """The values of an expression from `start` to `end` inclusive every `step` seconds.

        Raises `promql.syntax.parser.ParseError` and `promql.errors.QueryError`.
        """
        step_ms = round(step * 1000)
        if step_ms <= 0:
            raise ValueError(f"step must be a positive number of seconds, got {step}")
        found = self._engine.range(
            self._tenant, expression, _moment_ms(start), _moment_ms(end), step_ms
        )
        answer = _answer(found.result, tuple(found.warnings()), tuple(found.infos()))
        assert isinstance(answer, Answer)
        return answer

    def series(
        self, *selectors: str, start: Time | None = None, end: Time | None = None
    ) -> list[dict[str, str]]:
        """The labels of all series that match one of the selectors."""
        start_ms = MIN_TIME_MS if start is None else _moment_ms(start)
        end_ms = MAX_TIME_MS if end is None else _moment_ms(end)
        found: dict[Labels, None] = {}
        for text in selectors:
            node = parse(text)
            if not isinstance(node, VectorSelector):
                raise ValueError(f"{text!r} is no series selector")  # noqa: TRY004 - a value
            selection = self._store.select(self._tenant, node.matchers, start_ms, end_ms)
            found.update(dict.fromkeys(selection.labels.to_labels()))
        return [labels.as_dict() for labels in sorted(found)]

    def close(self) -> None:
        """Sync what was appended and give the folder back."""
        try:
            self._store.close()
        finally:
            self._executor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _answer(
    result: Result, warnings: tuple[str, ...], infos: tuple[str, ...]
) -> Answer | float | str:
    if isinstance(result, ScalarResult):
        return result.value
    if isinstance(result, StringResult):
        return result.text
    if isinstance(result, VectorResult):
        size = result.values.size
        times_ms = np.full(size, result.time_ms, np.int64)
        starts = np.arange(size + 1, dtype=np.int64)
    else:
        assert isinstance(result, MatrixResult)
        times_ms, starts = result.times_ms, result.starts
    times = times_ms.astype("datetime64[ms]")
    return Answer(
        result.labels, starts, times, result.values, warnings, infos,
        result.histogram, result.histograms,
    )  # fmt: skip


def _labels(series: Series) -> Labels:
    return series if isinstance(series, Labels) else Labels.of(series)


def _moment_ms(time: Time) -> int:
    seconds = time.timestamp() if isinstance(time, datetime) else time
    return round(seconds * 1000)


def _to_ms(times: ArrayLike | datetime) -> NDArray[np.int64]:
    if isinstance(times, datetime):
        return np.array([_moment_ms(times)], np.int64)
    array = np.atleast_1d(np.asarray(times))
    if array.dtype.kind == "O":
        return np.array([_moment_ms(time) for time in array.tolist()], np.int64)
    if array.dtype.kind == "M":
        times, is_time = array.astype("datetime64[ms]").astype(np.int64), ~np.isnat(array)
    else:
        times_ms = np.rint(array.astype(np.float64) * 1000)
        is_time = np.abs(times_ms) < _TIMES_MS_END
        times = np.where(is_time, times_ms, 0.0).astype(np.int64)
    if not is_time.all():
        raise ValueError(f"{array[~is_time][0]} is no time in seconds since the epoch")
    return times


def _stored(rejected: list[NDArray[np.uint8]]) -> int:
    """How many samples some commits took. Raises Refused if it is not all."""
    reasons = np.concatenate([np.zeros(0, np.uint8), *rejected])
    _raise_if_refused(reasons)
    return reasons.size


def _raise_if_refused(rejected: NDArray[np.uint8]) -> None:
    if not rejected.any():
        return
    reasons: Iterable[int] = np.unique(rejected[rejected > 0]).tolist()
    raise Refused(
        {
            RejectReason(reason).name.lower().replace("_", " "): int((rejected == reason).sum())
            for reason in reasons
        }
    )

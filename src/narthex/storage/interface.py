"""The contract between storage and everyone who writes or reads samples.

A writer resolves its series to refs once and then commits batches of columns. A reader selects by
matchers and gets a table of labels first and columns of samples batch by batch, so that memory is
bounded by the batch. All times are int64 milliseconds since the epoch, all ranges inclusive at
both ends unless said otherwise.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.model.matcher import Matcher
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import TenantId

Refs = NDArray[np.uint64]

NO_REF = 0
"""The ref of a series that was refused; a batch never holds it."""


class RejectReason(enum.IntEnum):
    """Why a sample or a new series was not taken."""

    ACCEPTED = 0
    OUT_OF_ORDER = 1
    """Older than the newest sample of its series."""
    DUPLICATE = 2
    """Another value at the time of the newest sample; the same value again is accepted."""
    TOO_OLD = 3
    """Before what the head still takes."""
    TOO_FAR_AHEAD = 4
    """Later than the clock by more than the head takes."""
    OVER_LIMIT = 5
    """A new series beyond the limit of series in the head."""
    UNKNOWN_REF = 6
    """The series left the head since it was resolved: resolve it again."""
    NO_LABELS = 7
    """A series without any label."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples that become durable and visible together.

    `refs` uint64[k], each at most once; `times` int64[1] (one for all) or int64[k]; `values`
    float64[k], where the stale marker is its bit pattern.
    """

    tenant: TenantId
    refs: Refs
    times: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        assert self.values.size == self.refs.size
        assert self.times.size in (1, self.refs.size)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the write-ahead log: segment number and byte offset behind the record."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: `rejected` is uint8[k], a `RejectReason` for each sample.

    The accepted part is in the log (`position`) and visible to every later select.
    """

    position: Position
    rejected: NDArray[np.uint8]

    @property
    def accepted(self) -> int:
        """Samples taken."""
        return int(self.rejected.size - np.count_nonzero(self.rejected))


@dataclass(frozen=True, slots=True)
class Resolution:
    """Refs of series, uint64[k]; `NO_REF` where `rejected` (uint8[k]) gives a reason.

    `created` is how many of them are new in the head.
    """

    refs: Refs
    rejected: NDArray[np.uint8]
    created: int


class Appender(Protocol):
    """Takes samples of one tenant. Thread-safe; calls are short and never wait for readers."""

    def resolve(self, series: PackedLabels, beside: int = NO_REF) -> Resolution:
        """Refs of these series, made where they are new.

        Series that come together (one target's page, one sender's request) should be resolved
        together, in the order of their batches: they then share one layout and one vector of
        times. A sender that resolves only what is new to it names one of its refs (`beside`), so
        that the new series join its layout. A ref stays good until its series leaves the head and
        is never reused.
        """

    def commit(self, batch: Batch) -> Receipt:
        """Log the acceptable part of a batch and make it visible, all of it at once.

        Raises OSError when the log cannot be written; nothing of the batch is kept then. Where a
        commit waits for the disk and that fails, it raises too, and the batch is visible, but it is
        not acknowledged: a power cut may take it.
        """


class Want(enum.Enum):
    """What of the samples a reader needs."""

    VALUES = "values"
    PRESENCE = "presence"
    """Only where samples and stale markers are: every value is 0.0 or the stale marker."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Samples of n series, those of one series together and ascending in time.

    `starts` int64[n + 1] bounds the samples of each series in `values` float64[m]; sample j of
    series i is `values[starts[i] + j]` at `times[times_at[i] + j]`. Series of one target share
    their part of `times` (int64[k], k far below m); `times_at` is int64[n]. Stale markers are
    still among the values. Where samples are native histograms, `histogram` int32[m] is each
    sample's row of `histograms`, -1 for a float, and `values` is 0.0 there; None when every sample
    is a float. A stale marker is a float, whatever came before it. `start_times` int64[m] is when
    the counter behind each sample began, in ms, 0 where that is unknown; None when it is of every
    sample. Arrays may be views; a reader does not write to them. `blank`: every value is known to
    be 0.0 (a read of presence that met no stale marker), so nobody need look at them.
    """

    starts: NDArray[np.int64]
    values: NDArray[np.float64]
    times_at: NDArray[np.int64]
    times: NDArray[np.int64]
    histogram: NDArray[np.int32] | None = None
    histograms: Histograms | None = None
    blank: bool = False
    start_times: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        assert (self.histogram is None) == (self.histograms is None)
        assert self.histogram is None or self.histogram.size == self.values.size
        assert self.start_times is None or self.start_times.size == self.values.size

    @property
    def series(self) -> int:
        """How many series."""
        return self.times_at.size

    @property
    def samples(self) -> int:
        """How many samples."""
        return int(self.starts[-1])


@dataclass(frozen=True, slots=True)
class SelectHints:
    """What the reader is about to do; storage may use it and must not depend on it."""

    function: str = ""
    range_ms: int = 0
    step_ms: int = 0
    grouping: tuple[str, ...] = ()
    grouping_by: bool = False
    limit: int = 0
    """At most this many series, 0: all."""


class Selection(Protocol):
    """The series that matched, and their samples on demand. Consistent: a prefix of commits."""

    @property
    def labels(self) -> LabelTable:
        """One row a series, each label set once, in storage's own order."""

    @property
    def samples_per_series(self) -> float:
        """An estimate for sizing batches."""

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        """Samples of these rows of `labels` (ascending indices) with start <= time <= end.

        Neighbouring rows lie together on disk: read in runs. Thread-safe; may raise Corruption.
        """


@dataclass(frozen=True, slots=True)
class HeadStatistics:
    """What the head holds, for `/api/v1/status/tsdb`."""

    series: int
    label_pairs: int
    chunks: int
    min_time_ms: int
    max_time_ms: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Cardinality of the head: (name, count) pairs, largest first."""

    head: HeadStatistics
    series_by_metric: Sequence[tuple[str, int]] = field(default=())
    values_by_label: Sequence[tuple[str, int]] = field(default=())
    memory_by_label: Sequence[tuple[str, int]] = field(default=())
    series_by_pair: Sequence[tuple[str, int]] = field(default=())


class Queryable(Protocol):
    """What readers of samples and labels are given."""

    def select(
        self,
        tenant: TenantId,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        hints: SelectHints = SelectHints(),
    ) -> Selection:
        """Series that satisfy every matcher and may have samples in the range."""

    def label_names(
        self, tenant: TenantId, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        """Sorted names of the labels of all series that match (all series without matchers)."""

    def label_values(
        self, tenant: TenantId, name: str, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        """Sorted values of one label over all series that match."""


class Storage(Queryable, Protocol):
    """A store: read as `Queryable`, written through one appender a tenant."""

    def appender(self, tenant: TenantId) -> Appender:
        """The appender of a tenant, made on first use."""

    def statistics(self, tenant: TenantId, limit: int) -> Statistics:
        """Cardinality, at most `limit` rows a list."""

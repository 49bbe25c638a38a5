"""Batches into the head: which layout, which reason, what a reader sees."""

from __future__ import annotations

import math

import numpy as np
import pytest

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.model.value import STALE_NAN, STALE_NAN_BITS
from narthex.runtime.clock import ManualClock
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.head.head import HeadLimits
from narthex.storage.interface import NO_REF, RejectReason, Want
from narthex.storage.store import Store, memory_store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.storage.samples import bits, commit, contents, named, resolve

R = RejectReason


@pytest.fixture
def store() -> Store:
    return memory_store()


def limited(**limits: int | None) -> Store:
    machine = Machine(filesystem=InMemoryFileSystem(), clock=ManualClock(1_000_000))
    return memory_store(machine, TsdbOptions(limits=HeadLimits(**limits)))


def layouts(refs: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> set[int]:
    return {int(ref) >> 32 for ref in refs}


def test_series_resolved_together_are_columns_of_one_layout(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(5)))
    assert [int(ref) & 0xFFFFFFFF for ref in refs] == [0, 1, 2, 3, 4]
    assert layouts(refs) == {1}
    again = appender.resolve(PackedLabels.from_labels(named(*range(5))))
    assert np.array_equal(again.refs, refs)
    assert again.created == 0


def test_a_page_that_differs_in_a_few_series_keeps_its_layout(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    resolve(appender, named(*range(5)))
    assert layouts(resolve(appender, named(*range(1, 7)))) == {1}
    assert layouts(resolve(appender, named("p", "q", "r", 1))) == {1, 2}


def test_new_series_alone_join_the_layout_of_the_ref_named(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(5)))
    joined = appender.resolve(PackedLabels.from_labels(named("new")), beside=int(refs[0]))
    assert joined.refs.tolist() == [(1 << 32) | 5]


def test_the_same_series_twice_in_one_call_is_one_series(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, [*named("a", "b"), *named("a")])
    assert refs[0] == refs[2]
    assert store.statistics(DEFAULT_TENANT, 10).head.series == 2


def test_a_series_without_labels_is_refused(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    resolution = appender.resolve(PackedLabels.from_labels([*named("a"), Labels(), *named("b")]))
    assert resolution.rejected.tolist() == [0, R.NO_LABELS, 0]
    assert resolution.refs[1] == NO_REF
    assert resolution.created == 2


def test_very_many_series_become_several_layouts_and_one_batch(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(9000)))
    assert layouts(refs) == {1, 2}
    assert commit(appender, refs, 5, range(9000)).accepted == 9000
    assert contents(store) == {
        one: {5: bits(float(i))} for i, one in enumerate(named(*range(9000)))
    }


def test_new_series_beyond_the_limit_are_refused_and_old_ones_go_on() -> None:
    store = limited(series_max=3, behind_ms=None)
    appender = store.appender(DEFAULT_TENANT)
    first = appender.resolve(PackedLabels.from_labels(named("a", "b")))
    second = appender.resolve(PackedLabels.from_labels(named("a", "c", "d", "e")))
    assert second.rejected.tolist() == [0, 0, R.OVER_LIMIT, R.OVER_LIMIT]
    assert second.created == 1
    third = appender.resolve(PackedLabels.from_labels(named("b", "f")))
    assert third.rejected.tolist() == [0, R.OVER_LIMIT]
    assert commit(appender, first.refs, 5, [1, 2]).accepted == 2
    assert store.label_values(DEFAULT_TENANT, "instance", [], 0, 10) == ["a", "b", "c"]


def test_what_is_not_later_than_the_newest_is_named_by_reason(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(4)))
    commit(appender, refs, 100, [0, 1, 2, 3])
    receipt = commit(appender, refs, [99, 100, 100, 101], [9, 1, 9, 9])
    assert receipt.rejected.tolist() == [R.OUT_OF_ORDER, 0, R.DUPLICATE, 0]
    a, b, c, d = named(*range(4))
    assert contents(store) == {
        a: {100: bits(0)},
        b: {100: bits(1)},
        c: {100: bits(2)},
        d: {100: bits(3), 101: bits(9)},
    }


def test_the_newest_is_known_after_its_rows_were_sealed(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    commit(appender, refs, 0, [7, 8])
    for t in range(1, 200):
        commit(appender, refs[:1], t, [t])
    store.seal()
    receipt = commit(appender, refs[1:], 0, [8])
    assert receipt.rejected.tolist() == [0]
    assert commit(appender, refs[1:], 0, [9]).rejected.tolist() == [R.DUPLICATE]
    assert commit(appender, refs[1:], 1, [9]).accepted == 1
    assert contents(store)[named("b")[0]] == {0: bits(8), 1: bits(9)}


def test_samples_beyond_the_bounds_of_time() -> None:
    store = limited(behind_ms=1000, ahead_ms=500)
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    assert commit(appender, refs[:1], 1_000_000, [1]).accepted == 1
    receipt = commit(appender, refs, [1_000_501, 998_999], [1, 1])
    assert receipt.rejected.tolist() == [R.TOO_FAR_AHEAD, R.TOO_OLD]
    assert commit(appender, refs, [1_000_500, 999_500], [1, 1]).accepted == 2


def test_a_ref_that_was_never_given_is_unknown(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a"))
    unknown = np.array([refs[0], (1 << 32) | 1, (9 << 32)], np.uint64)
    receipt = commit(appender, unknown, 5, [1, 1, 1])
    assert receipt.rejected.tolist() == [0, R.UNKNOWN_REF, R.UNKNOWN_REF]


def test_a_vanished_series_has_its_marker_and_then_nothing(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    commit(appender, refs, 1, [1, math.nan])
    commit(appender, refs, 2, [1, STALE_NAN])
    commit(appender, refs[:1], 3, [1])
    a, b = named("a", "b")
    found = contents(store)
    assert list(found[a]) == [1, 2, 3]
    assert found[b] == {1: bits(math.nan), 2: STALE_NAN_BITS}


def test_series_of_one_target_share_their_times(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(10)))
    for t in range(150):
        commit(appender, refs if t != 70 else refs[:9], t, range(10 if t != 70 else 9))
    late = appender.resolve(PackedLabels.from_labels(named("late")), beside=int(refs[0])).refs
    for t in range(150, 160):
        commit(appender, np.append(refs, late), t, range(11))
    selection = store.select(DEFAULT_TENANT, [], 100, 155)
    columns = selection.read(np.arange(11), 100, 155)
    assert columns.times.tolist() == list(range(100, 156))
    whole = store.select(DEFAULT_TENANT, [], 0, 200).read(np.arange(11), 0, 200)
    assert whole.times.size == 160 + 159, "only the series with a hole has times of its own"


def test_presence_alone_keeps_the_markers(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a"))
    for t in range(300):
        commit(appender, refs, t, [STALE_NAN if t in (150, 299) else t])
    store.seal()
    selection = store.select(DEFAULT_TENANT, [], 0, 999)
    columns = selection.read(np.arange(1), 1, 999, Want.PRESENCE)
    words = columns.values.view(np.uint64)
    assert columns.samples == 299
    assert np.flatnonzero(words).tolist() == [149, 298]
    assert words[149] == STALE_NAN_BITS


def test_a_selection_is_of_one_moment(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    commit(appender, refs, 1, [1, 2])
    selection = store.select(DEFAULT_TENANT, [], 0, 1000)
    for t in range(2, 300):
        commit(appender, refs, t, [1, 2])
        if t % 50 == 0:
            store.seal()
    columns = selection.read(np.arange(2), 0, 1000)
    assert columns.samples == 2


def test_times_of_their_own_within_one_page(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    series = named(*range(40))
    refs = resolve(appender, series)
    expected: dict[Labels, dict[int, int]] = {one: {} for one in series}
    for k in range(100):
        times = [1000 * k + i * (i % 5 == 0) for i in range(40)]
        assert commit(appender, refs, times, [float(k)] * 40).accepted == 40
        for one, t in zip(series, times, strict=True):
            expected[one][t] = bits(float(k))
    store.seal()
    assert contents(store) == expected
    inside = {one: {t: w for t, w in s.items() if 3000 <= t < 5000} for one, s in expected.items()}
    assert contents(store, start_ms=3000, end_ms=4999) == inside


def test_statistics_count_what_is_in_the_head(store: Store) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, [*named(1, 2, 3), *named(1, metric="n")])
    commit(appender, refs, 7, [1, 1, 1, 1])
    found = store.statistics(DEFAULT_TENANT, 2)
    assert (found.head.series, found.head.min_time_ms, found.head.max_time_ms) == (4, 7, 7)
    assert found.series_by_metric == [("m", 3), ("n", 1)]
    assert found.values_by_label == [("instance", 3), ("__name__", 2)]
    assert found.series_by_pair == [("__name__=m", 3), ("instance=1", 2)]

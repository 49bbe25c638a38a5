"""Columns of histograms hold what the histograms held."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.histogram import Buckets, Histogram
from narthex.model.histogram_columns import Histograms, interned
from narthex.model.kernels.histograms import hash_layout, intern_layouts, same_layout
from tests.histogram_strategies import histograms


@given(st.lists(histograms(), max_size=8))
def test_columns_and_values_are_the_same(values: list[Histogram]) -> None:
    columns = Histograms.from_values(values)
    assert columns.to_values() == [value.compacted() for value in values]
    assert len(columns) == len(values)
    assert columns.custom.tolist() == [value.uses_custom_buckets for value in values]


@given(st.lists(histograms(), min_size=1, max_size=8), st.data())
def test_rows_are_taken_in_any_order(values: list[Histogram], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10))
    taken = Histograms.from_values(values).take(np.array(rows, np.int64))
    assert taken.to_values() == [values[row].compacted() for row in rows]


@given(st.lists(st.lists(histograms(), max_size=4), max_size=4))
def test_parts_are_put_one_after_another(parts: list[list[Histogram]]) -> None:
    joined = Histograms.concat([Histograms.from_values(part) for part in parts])
    assert joined.to_values() == [value.compacted() for part in parts for value in part]


@given(st.lists(histograms(), min_size=1, max_size=12))
def test_a_layout_is_kept_once(values: list[Histogram]) -> None:
    columns = Histograms.from_values([*values, *values])
    keys = {
        (
            tuple(index for index, _ in value.positive.items()),
            tuple(index for index, _ in value.negative.items()),
            value.custom_values,
        )
        for value in values
    }
    assert len(columns.layouts) == len(keys)


def test_parts_that_share_their_layouts_need_no_new_table() -> None:
    columns = Histograms.from_values([Histogram(positive=Buckets.run(1, (1.0, 2.0)))])
    joined = Histograms.concat([columns, columns.take(slice(0, 1))])
    assert joined.layouts is columns.layouts


@given(st.lists(histograms(), min_size=1, max_size=8))
def test_kernels_do_what_their_source_says(values: list[Histogram]) -> None:
    layouts = Histograms.from_values(values).layouts
    expected, _ = interned(layouts)
    bits = layouts.bounds.view(np.uint64)
    columns = layouts.starts, layouts.positives, layouts.indices, layouts.bound_starts, bits
    for layout in range(len(layouts)):
        with np.errstate(over="ignore"):
            plain = getattr(hash_layout, "py_func", hash_layout)(*columns, layout)
        assert int(plain) == int(hash_layout(*columns, layout))
        assert getattr(same_layout, "py_func", same_layout)(*columns, 0, layout) == (layout == 0)
    ids, firsts = np.empty(len(layouts), np.int32), np.empty(len(layouts), np.int64)
    table = np.zeros(64, np.int32)
    intern = getattr(intern_layouts, "py_func", intern_layouts)
    with np.errstate(over="ignore"):
        assert intern(*columns, table, ids, firsts) == len(layouts)
    assert ids.tolist() == expected.tolist()

"""Tables of labels against label objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols

label_sets = st.dictionaries(
    st.sampled_from(["__name__", "job", "a", "b"]), st.sampled_from(["", "x", "y", "é"])
).map(Labels.of)
many = st.lists(label_sets, max_size=12)


@settings(max_examples=100, deadline=None)
@given(many, st.data())
def test_a_table_is_its_series(series: list[Labels], data: st.DataObject) -> None:
    table = LabelTable.from_labels(Symbols(), series)
    assert len(table) == len(series)
    assert table.to_labels() == series
    assert [table.labels(row) for row in range(len(series))] == series
    rows = data.draw(st.lists(st.integers(0, len(series) - 1), max_size=5)) if series else []
    taken = table.take(np.array(rows, np.int64))
    assert taken.to_labels() == [series[row] for row in rows]
    assert table.take(slice(1, None)).to_labels() == series[1:]
    assert table.drop(["job"]).to_labels() == [labels.without("job") for labels in series]
    kept = [Labels(pair for pair in labels if pair[0] == "job") for labels in series]
    assert table.keep(["job"]).to_labels() == kept
    assert LabelTable.concat([table, taken]).to_labels() == series + taken.to_labels()


@settings(max_examples=100, deadline=None)
@given(many)
def test_groups_are_numbered_as_they_appear(series: list[Labels]) -> None:
    table = LabelTable.from_labels(Symbols(), series)
    group_of_row, first_row = table.groups()
    distinct = list(dict.fromkeys(series))
    assert group_of_row.tolist() == [distinct.index(labels) for labels in series]
    assert [series[row] for row in first_row.tolist()] == distinct


def test_a_column_that_is_not_there_is_empty() -> None:
    table = LabelTable.unlabelled(Symbols(), 3)
    assert table.column("job").tolist() == [0, 0, 0]
    assert table.to_labels() == [Labels()] * 3
    with_job = table.with_column("job", np.full(3, table.symbols.intern("x"), np.int32))
    assert with_job.labels(0).get("job") == "x"
    assert table.columns == {}


def test_columns_must_be_of_one_size() -> None:
    columns = {"a": np.zeros(2, np.int32), "b": np.zeros(3, np.int32)}
    with pytest.raises(AssertionError):
        LabelTable(Symbols(), columns)

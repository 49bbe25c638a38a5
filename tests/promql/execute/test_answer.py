"""The order of label sets in an answer, against comparing them as objects."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import ScratchSymbols, Symbols
from narthex.promql.execute.answer import sorted_rows

label_sets = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "1", "2", "é"])).map(
    Labels.of
)


@given(st.lists(label_sets, unique=True, max_size=12))
def test_rows_are_sorted_as_label_sets_are(series: list[Labels]) -> None:
    table = LabelTable.from_labels(ScratchSymbols(Symbols()), series)
    assert [series[i] for i in sorted_rows(table).tolist()] == sorted(series)

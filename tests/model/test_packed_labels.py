"""Series packed as text come back as they were."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels

label_sets = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5)).map(Labels.of)


@settings(max_examples=100, deadline=None)
@given(st.lists(label_sets, max_size=10))
def test_series_come_back(series: list[Labels]) -> None:
    packed = PackedLabels.from_labels(series)
    assert len(packed) == len(series)
    assert list(packed.to_labels()) == series
    assert packed.offsets.size == 2 * int(packed.starts[-1]) + 1


def test_pairs_lie_side_by_side() -> None:
    packed = PackedLabels.from_labels([Labels.of({"b": "1", "a": "\u00e9"}), Labels()])
    assert packed.text.tobytes() == "a\u00e9b1".encode()
    assert packed.offsets.tolist() == [0, 1, 3, 4, 5]
    assert np.diff(packed.starts).tolist() == [2, 0]

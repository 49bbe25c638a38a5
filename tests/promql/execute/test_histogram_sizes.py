"""Histograms count as the samples whose room they take."""

import numpy as np

from narthex.model.histogram import CUSTOM_BUCKETS_SCHEMA, Buckets, Histogram
from narthex.model.histogram_columns import Histograms
from narthex.promql.execute.histogram_sizes import samples_held, sizes
from narthex.storage.interface import Columns

EMPTY = Histogram()
ONE_SIDE = Histogram(count=3, positive=Buckets.run(0, (1.0, 2.0)))
BOTH_SIDES = Histogram(
    count=4, positive=Buckets.run(0, (1.0, 2.0)), negative=Buckets.run(0, (1.0,))
)
CUSTOM = Histogram(
    CUSTOM_BUCKETS_SCHEMA, 3, positive=Buckets.run(0, (1.0, 2.0)), custom_values=(1.0, 2.0, 3.0)
)


def test_sizes() -> None:
    found = sizes(Histograms.from_values([EMPTY, ONE_SIDE, BOTH_SIDES, CUSTOM]))
    assert found.tolist() == [
        168 // 16,
        (168 + 8 + 2 * 8) // 16,
        (168 + 2 * 8 + 3 * 8) // 16,
        (168 + 8 + 2 * 8 + 3 * 8) // 16,
    ]


def test_floats_count_once() -> None:
    starts, times = np.array([0, 3], np.int64), np.array([1, 2, 3], np.int64)
    floats = Columns(starts, np.zeros(3), np.zeros(1, np.int64), times)
    assert samples_held(floats) == 3
    rows = np.array([-1, 0, 0], np.int32)
    mixed = Columns(
        starts, np.zeros(3), np.zeros(1, np.int64), times, rows, Histograms.from_values([EMPTY])
    )
    assert samples_held(mixed) == 1 + 2 * 10

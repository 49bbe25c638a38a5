"""Parts of dates against Python's own calendar, and where Go's calendar wraps around."""

from __future__ import annotations

import calendar as python_calendar
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels import calendar
from tests.promql.kernels.cases import both

FIRST = datetime(1, 1, 1, tzinfo=UTC).timestamp()
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
PARTS = (
    "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month",
    "year",
)  # fmt: skip


def parts(value: float, *, compiled: bool = True) -> list[float]:
    answers = []
    for name in PARTS:
        kernel = getattr(calendar, name)
        out = np.empty((1, 1))
        both(kernel)[0 if compiled else 1](np.array([[value]]), out)
        answers.append(float(out[0, 0]))
    return answers


@given(st.floats(FIRST, LAST) | st.integers(int(FIRST), int(LAST)).map(float))
def test_every_day_of_the_common_era(value: float) -> None:
    moment = datetime.fromtimestamp(int(value), UTC)
    assert parts(value) == [
        moment.minute,
        moment.hour,
        moment.isoweekday() % 7,
        moment.day,
        moment.timetuple().tm_yday,
        python_calendar.monthrange(moment.year, moment.month)[1],
        moment.month,
        moment.year,
    ]
    assert parts(value, compiled=False) == parts(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300])
def test_what_no_calendar_holds_is_what_prometheus_says(value: float) -> None:
    # Seen on a Prometheus 3.5.3: the moment 2**63 seconds after 1970, by wrapping around.
    assert parts(value) == [30, 15, 0, 4, 339, 31, 12, 292277026596]

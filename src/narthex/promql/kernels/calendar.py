"""Parts of a UTC date from seconds since the epoch: minute, hour, day, month, year.

A value is cut to whole seconds. One that no int64 holds, and NaN, counts as the smallest int64, and
the moment is then what Go makes of it, whose times wrap around some 292 billion years away.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

DAY_S = 86_400
ABSOLUTE_DAYS = 106_751_991_073_094
"""Days from the start of Go's calendar (the year -292277022399) to 1970."""

ERA_DAYS = 146_097
"""Days of 400 years, after which the calendar repeats."""

SECONDS_BELOW = 2.0**63


@kernel("UniTuple(int64, 2)(float64)")
def day_and_second(value):
    """Days since 1970 and the second within the day."""
    seconds = np.int64(-(2**63))
    if abs(value) < SECONDS_BELOW:
        seconds = np.int64(value)
    absolute = np.uint64(seconds) + np.uint64(ABSOLUTE_DAYS * DAY_S)
    days = absolute // np.uint64(DAY_S)
    return np.int64(days) - ABSOLUTE_DAYS, np.int64(absolute - days * np.uint64(DAY_S))


@kernel("UniTuple(int64, 3)(int64)")
def civil(days):
    """Year, month (1 to 12) and day (1 to 31) of a day since 1970.

    Years that begin in March put the leap day last (H. Hinnant, chrono-compatible date algorithms).
    """
    shifted = days + 719_468
    era = shifted // ERA_DAYS
    of_era = shifted - era * ERA_DAYS
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400
    return (year + 1 if month <= 2 else year), month, day


@kernel("boolean(int64)")
def is_leap(year):
    """Whether a year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@kernel("int64(int64, int64)")
def month_length(year, month):
    """Days of a month."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def minute(values, out):
    """0 to 59."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            _, second = day_and_second(values[i, t])
            out[i, t] = float(second % 3600 // 60)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def hour(values, out):
    """0 to 23."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            _, second = day_and_second(values[i, t])
            out[i, t] = float(second // 3600)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def day_of_week(values, out):
    """0 is Sunday."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            out[i, t] = float((days + 4) % 7)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def day_of_month(values, out):
    """1 to 31."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            _, _, day = civil(days)
            out[i, t] = float(day)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def day_of_year(values, out):
    """1 to 366."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            year, month, day = civil(days)
            before = 0
            for earlier in range(1, month):
                before += month_length(year, earlier)
            out[i, t] = float(before + day)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def days_in_month(values, out):
    """28 to 31."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            year, month, _ = civil(days)
            out[i, t] = float(month_length(year, month))


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def month(values, out):
    """1 to 12."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            _, number, _ = civil(days)
            out[i, t] = float(number)


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def year(values, out):
    """The year of the common era."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            days, _ = day_and_second(values[i, t])
            number, _, _ = civil(days)
            out[i, t] = float(number)

"""Selectors that look beyond the edges of their window: `anchored` and `smoothed`.

They replace extrapolation. `anchored` starts from the last sample at or before the window,
`smoothed` interpolates at both edges. The windows that come in reach further than the range, by the
lookback; `anchored_edges` and `smoothed_edges` find, once per timeline, which samples count.
"""

from __future__ import annotations

from narthex.jit import kernel

NOTHING = -1


@kernel("int64(const int64[::1], int64, int64, int64)")
def first_after(times, start, end, moment):
    """The first of `times[start:end]` that is later than `moment`; `end` when none is."""
    while start < end:
        middle = (start + end) >> 1
        if times[middle] > moment:
            end = middle
        else:
            start = middle + 1
    return start


@kernel("int64(const int64[::1], int64, int64, int64)")
def anchor(times, start, end, moment):
    """The last sample at or before `moment`, of `times[start:end]`; its first when all are later.

    The last sample of all is no anchor.
    """
    return max(start, first_after(times, start, end - 1, moment) - 1)


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " const int64[::1], int64, int32[:, ::1], int32[:, ::1])"
)
def anchored_edges(times, times_at, lower, upper, ends_ms, range_ms, first, last):
    """The samples from `first[l, t]` to `last[l, t]`, both included, of an anchored window.

    `last` is `NOTHING` where no sample is within the range. Timeline l begins at `times_at[l]`.
    """
    for line in range(lower.shape[0]):
        at = times_at[line]
        for t in range(lower.shape[1]):
            start = at + lower[line, t]
            end = at + upper[line, t]
            first[line, t] = 0
            last[line, t] = NOTHING
            if end > start and times[end - 1] > ends_ms[t] - range_ms:
                first[line, t] = anchor(times, start, end, ends_ms[t] - range_ms) - at
                last[line, t] = end - 1 - at


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " const int64[::1], int64, int32[:, ::1], int32[:, ::1])"
)
def smoothed_edges(times, times_at, lower, upper, ends_ms, range_ms, first, last):
    """As `anchored_edges`; `last` is the first sample at or after the end, where there is one."""
    for line in range(lower.shape[0]):
        at = times_at[line]
        for t in range(lower.shape[1]):
            start = at + lower[line, t]
            end = at + upper[line, t]
            first[line, t] = 0
            last[line, t] = NOTHING
            if end <= start:
                continue
            begin = anchor(times, start, end, ends_ms[t] - range_ms)
            stop = first_after(times, start, end - 1, ends_ms[t] - 1)
            if times[stop] > ends_ms[t] - range_ms and times[begin] <= ends_ms[t]:
                first[line, t] = begin - at
                last[line, t] = stop - at


@kernel("float64(const float64[::1], int64, int64, float64, float64)")
def lost_at_resets(values, start, end, left, right):
    """What a counter lost at resets on its way from `left` over `values[start:end]` to `right`."""
    lost = 0.0
    previous = left
    for j in range(start, end):
        if values[j] < previous:
            lost += previous
        previous = values[j]
    if right < previous:
        lost += previous
    return lost


@kernel("float64(const float64[::1], int64, const int64[::1], int64, int64, boolean)")
def value_between(values, value_at, times, time_at, moment, counter):
    """The value at `moment`, between a sample and its successor on a straight line.

    A counter that was reset between them came from zero.
    """
    before = values[value_at]
    after = values[value_at + 1]
    if counter and after < before:
        before = 0.0
    passed = float(moment - times[time_at])
    return before + (after - before) * passed / float(times[time_at + 1] - times[time_at])


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], boolean, float64, float64[:, ::1])"
)
def anchored_change(values, starts, timeline, first, last, counter, divisor_s, out):
    """What each window gained since its anchor; a `counter` restarts from zero at resets."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(first.shape[1]):
            out[i, t] = 0.0
            if last[line, t] == NOTHING:
                continue
            start = starts[i] + first[line, t]
            end = starts[i] + last[line, t]
            gained = values[end] - values[start]
            if counter:
                gained += lost_at_resets(values, start, end + 1, values[start], values[end])
            out[i, t] = gained / divisor_s


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], const int64[::1], int64,"
    " boolean, float64, float64[:, ::1])"
)
def smoothed_change(
    values,
    starts,
    times,
    times_at,
    timeline,
    first,
    last,
    ends_ms,
    range_ms,
    counter,
    divisor_s,
    out,
):
    """What each window gained between its edges, where values are interpolated."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(first.shape[1]):
            out[i, t] = 0.0
            if last[line, t] == NOTHING:
                continue
            start = starts[i] + first[line, t]
            end = starts[i] + last[line, t]
            start_time = times_at[i] + first[line, t]
            end_time = times_at[i] + last[line, t]
            begin_ms = ends_ms[t] - range_ms
            left = values[start]
            right = values[end]
            if times[start_time] < begin_ms:
                left = value_between(values, start, times, start_time, begin_ms, counter)
            if times[end_time] > ends_ms[t] and end > starts[i]:
                right = value_between(values, end - 1, times, end_time - 1, ends_ms[t], counter)
            gained = right - left
            if counter:
                inner = start + 1 if times[start_time] <= begin_ms else start
                stop = end if times[end_time] >= ends_ms[t] else end + 1
                gained += lost_at_resets(values, inner, stop, left, right)
            out[i, t] = gained / divisor_s


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], const int64[::1],"
    " float64[:, ::1], uint8[:, ::1])"
)
def smoothed_value(values, starts, times, times_at, timeline, lower, upper, moments, out, kind):
    """The value at each moment, on a line between the samples around it.

    After the last sample its value is carried on; before the first there is none.
    """
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(moments.size):
            start = times_at[i] + lower[line, t]
            end = times_at[i] + upper[line, t]
            after = first_after(times, start, end, moments[t])
            out[i, t] = 0.0
            kind[i, t] = 0
            if after == start:
                continue
            kind[i, t] = 1
            value_at = starts[i] + (after - 1 - times_at[i])
            if after == end or times[after - 1] == moments[t]:
                out[i, t] = values[value_at]
            else:
                out[i, t] = value_between(values, value_at, times, after - 1, moments[t], False)

"""Native histograms for properties: small whole counts, so that sums are exact in any order."""

from __future__ import annotations

from hypothesis import strategies as st

from narthex.model.histogram import CUSTOM_BUCKETS_SCHEMA, Buckets, Histogram, ResetHint

COUNTS = st.integers(0, 5).map(float)
HINTS = st.sampled_from(list(ResetHint))
THRESHOLDS = (0.0, 0.25, 2**-0.5, 0.6, 1.0, 1.5, 2.0**0.25, 2.0)


@st.composite
def sides(draw: st.DrawFn, lowest: int = -4, highest: int = 6) -> Buckets:
    """A side's buckets, some of them empty."""
    indices = sorted(draw(st.sets(st.integers(lowest, highest), max_size=6)))
    spans: list[tuple[int, int]] = []
    end = 0
    for index in indices:
        spans.append((index - end, 1))
        end = index + 1
    return Buckets(tuple(spans), tuple(draw(COUNTS) for _ in indices))


@st.composite
def exponential(draw: st.DrawFn) -> Histogram:
    """One of exponential buckets whose zero bucket may reach anywhere."""
    return Histogram(
        draw(st.integers(-1, 3)),
        draw(st.integers(0, 60).map(float)),
        draw(st.integers(-50, 50).map(float)),
        draw(st.sampled_from(THRESHOLDS)),
        draw(COUNTS),
        draw(sides()),
        draw(sides()),
        reset_hint=draw(HINTS),
    )


@st.composite
def custom(draw: st.DrawFn) -> Histogram:
    """One of custom buckets."""
    bounds = tuple(sorted(draw(st.sets(st.sampled_from((-2.0, 0.0, 1.0, 2.5, 4.0)), max_size=4))))
    return Histogram(
        CUSTOM_BUCKETS_SCHEMA,
        draw(st.integers(0, 60).map(float)),
        draw(st.integers(-50, 50).map(float)),
        positive=draw(sides(0, len(bounds))),
        custom_values=bounds,
        reset_hint=draw(HINTS),
    )


def histograms() -> st.SearchStrategy[Histogram]:
    """Of either kind."""
    return exponential() | custom()

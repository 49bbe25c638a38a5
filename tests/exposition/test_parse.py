"""Pages to columns: what comes out of each feature of the formats, and that nothing is lost."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from narthex.exposition.errors import BadExposition
from narthex.exposition.negotiation import Format
from narthex.exposition.page import NO_TIME, Exemplar, Page
from narthex.exposition.parse import parse
from narthex.exposition.render import Sample, render
from narthex.model.labels import Labels
from narthex.model.metadata import Metadata, MetricType

TEXT, OPENMETRICS = Format.TEXT, Format.OPENMETRICS
SEED = 7

LETTERS = st.characters(codec="utf-8")
NAMES = st.text(LETTERS, min_size=1, max_size=8)
LABEL_SETS = st.dictionaries(
    NAMES.filter(lambda name: name not in ("__name__", "le", "quantile")),
    st.text(LETTERS, min_size=1, max_size=8),
    max_size=4,
)
SERIES = st.builds(lambda name, labels: Labels.of({**labels, "__name__": name}), NAMES, LABEL_SETS)


def samples_of(page: Page) -> list[Sample]:
    return [
        Sample(labels, value, None if at == NO_TIME else at)
        for labels, value, at in zip(
            page.labels(), page.values.tolist(), page.times.tolist(), strict=True
        )
    ]


def text(body: bytes) -> Page:
    return parse(body, TEXT, SEED)


def openmetrics(body: bytes) -> Page:
    return parse(body + b"# EOF\n", OPENMETRICS, SEED)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Sample,
            SERIES,
            st.floats(allow_nan=False),
            st.none() | st.integers(0, 2**50),
        ),
        max_size=8,
    ),
    st.sampled_from(Format),
)
def test_what_is_rendered_parses_as_the_same(samples: list[Sample], page_format: Format) -> None:
    body = render(samples, page_format)
    if "\0" in "".join(s.labels.metric_name + "".join(k for k, _ in s.labels) for s in samples):
        return  # no format has a spelling for a NUL in a name
    if page_format is OPENMETRICS:
        # Seconds times 1000 is cut, not rounded, as Prometheus cuts it.
        samples = [
            Sample(s.labels, s.value, s.time_ms and int(s.time_ms / 1000 * 1000)) for s in samples
        ]
        assert [s.labels for s in samples_of(parse(body, page_format, SEED))] == [
            s.labels for s in samples
        ]
        return
    assert samples_of(parse(body, page_format, SEED)) == samples


@settings(deadline=None)
@given(st.floats())
def test_floats_come_back(value: float) -> None:
    for spelled in (repr(value), f"{value:.17e}", f"{value:.25g}", f"{value:f}"):
        if spelled in ("nan", "-nan") or "inf" in spelled:
            continue
        read = float(text(f"foo {spelled}\n".encode()).values[0])
        assert read == float(spelled)
        assert math.copysign(1, read) == math.copysign(1, float(spelled))


@settings(deadline=None)
@given(st.from_regex(r"[+-]?([0-9]{0,30}\.?[0-9]{0,30})([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_numbers_read_as_python_reads_them(spelled: str) -> None:
    try:
        expected = float(spelled)
    except ValueError:
        expected = math.nan
    if math.isnan(expected) or math.isinf(expected):
        with pytest.raises(BadExposition):
            text(f"foo {spelled}x\n".encode() if not spelled else f"foo {spelled}\n".encode())
        return
    assert text(f"foo {spelled}\n".encode()).values[0] == expected


def test_number_between_two_doubles_is_rounded_to_even() -> None:
    page = text(b"a 9007199254740993\nb 9007199254740995\nc 1e23\nd 8.41e21\n")
    assert page.values.tolist() == [9007199254740992.0, 9007199254740996.0, 1e23, 8.41e21]


def test_long_halfway_numbers_are_asked_of_python() -> None:
    halfway = "1.00000000000000011102230246251565404236316680908203125"
    above = halfway + "0" * 700 + "1"
    page = text(f"a {halfway}\nb {above}\n".encode())
    assert page.values.tolist() == [1.0, float(above)] == [1.0, 1.0000000000000002]


def test_special_values() -> None:
    page = text(b"a Inf\nb -inf\nc +INFINITY\nd nAn\n")
    assert page.values[:3].tolist() == [math.inf, -math.inf, math.inf]
    assert page.values.view(np.uint64)[3] == 0x7FF8000000000001


def test_times_are_ms_in_text_and_seconds_in_openmetrics() -> None:
    assert text(b"a 1 1500\nb 2\n").times.tolist() == [1500, NO_TIME]
    assert openmetrics(b"a 1 1.5\nb 2 -1.5\nc 3\nd 4 1e300\n").times.tolist() == [
        1500,
        -1500,
        NO_TIME,
        NO_TIME + 1,
    ]


def test_same_text_has_the_same_hash_and_the_seed_matters() -> None:
    page = text(b'a{b="c"} 1\na{b="d"} 2\na{b="c"} 3\n')
    assert page.hashes[0] == page.hashes[2] != page.hashes[1]
    assert parse(b'a{b="c"} 1\n', TEXT, SEED + 1).hashes[0] != page.hashes[0]


def test_labels_of_chosen_rows() -> None:
    page = text(b'a 1\nb{x="\\"\\\\\\n\\y"} 2\n{"c.d",e=""} 3\n')
    assert page.labels(np.array([2, 1])) == [
        Labels.of({"__name__": "c.d"}),
        Labels.of({"__name__": "b", "x": '"\\\n\\y'}),
    ]


def test_bounds_are_spelled_as_floats_below_their_type_only() -> None:
    page = text(
        b'# TYPE h histogram\nh_bucket{le="1"} 1\nx{quantile="1"} 1\n'
        b'# TYPE s summary\ns{quantile="1e0"} 1\n# TYPE g gauge\ng{le="1"} 1\n'
    )
    assert [str(labels) for labels in page.labels()] == [
        'h_bucket{le="1.0"}',
        'x{quantile="1"}',
        's{quantile="1.0"}',
        'g{le="1"}',
    ]


def test_families() -> None:
    page = openmetrics(
        b'# HELP a_s Some \\"help\\".\\n\n# TYPE a_s counter\n# UNIT a_s s\na_s_total 1\n'
        b"# TYPE b stateset\n"
    )
    assert page.families() == {
        "a_s": Metadata("a_s", MetricType.COUNTER, 'Some "help".\n', "s"),
        "b": Metadata("b", MetricType.STATESET),
    }
    assert text(b"# TYPE a untyped\n").families() == {"a": Metadata("a")}


def test_notes_digest_follows_the_notes_only() -> None:
    one = text(b"# HELP a Some help.\n# TYPE a gauge\na 1\n")
    same = text(b"# HELP a Some help.\n# TYPE a gauge\na 2\n")
    other = text(b"# HELP a Some more.\n# TYPE a gauge\na 1\n")
    assert one.notes_digest == same.notes_digest != other.notes_digest


def test_exemplars() -> None:
    page = openmetrics(b'a 1 # {id="x",v="\\n"} 0.5 1.25\nb 2 5 # {} 3\nc 4\n')
    assert page.exemplars() == [
        Exemplar(0, Labels.of({"id": "x", "v": "\n"}), 0.5, 1250),
        Exemplar(1, Labels(), 3.0, None),
    ]


def test_created_times() -> None:
    page = openmetrics(b'# TYPE c counter\nc_total{a="b"} 1\nc_created{a="b"} 1.5\n')
    assert page.created_times() == {Labels.of({"__name__": "c", "a": "b"}): 1500}


def test_pages_larger_than_the_first_guess() -> None:
    body = b"".join(b"a %d\n" % i for i in range(5000))
    assert text(body).values.tolist() == list(range(5000))
    with_exemplars = b"".join(b"a 1 # {} %d\n" % i for i in range(2000))
    assert len(openmetrics(with_exemplars).exemplars()) == 2000


@pytest.mark.parametrize("page_format", Format)
def test_an_empty_page_of_text_has_no_samples(page_format: Format) -> None:
    page = parse(render([], page_format), page_format, SEED)
    assert len(page) == 0
    assert page.labels() == page.exemplars() == []

"""The kernels that spell floats and times agree with slow references, digit by digit."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from narthex.model.kernels.float_text import put_float, put_time_s, put_whole, shortest_digits
from narthex.model.value import format_float, format_float_plain, format_time_s

pytestmark = pytest.mark.kernels

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


def spelled(value: float, *, exponents: bool) -> str:
    out = np.zeros(400, np.uint8)
    return out[: put_float(out, 0, value, exponents)].tobytes().decode()


@given(ANY_FLOAT)
@example(0.0)
@example(-0.0)
@example(5e-324)
@example(1e-6)
@example(9.999999e-7)
@example(1e21)
@example(9.99e20)
@example(0.1 + 0.2)
@example(9007199254740993.0)
@example(1.7976931348623157e308)
def test_a_sample_is_spelled_as_numpy_spells_the_shortest(value: float) -> None:
    assert spelled(value, exponents=True) == format_float(value)


@given(ANY_FLOAT)
def test_a_scalar_never_has_an_exponent(value: float) -> None:
    text = spelled(value, exponents=False)
    assert text == format_float_plain(value)
    assert "e" not in text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_spelled_reads_back_the_same(value: float) -> None:
    again = float(spelled(value, exponents=True))
    assert again == value
    assert math.copysign(1, again) == math.copysign(1, value)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_shortest_digits_equals_its_own_source(value: float) -> None:
    bits = np.float64(value).view(np.uint64)
    plain = getattr(shortest_digits, "py_func", shortest_digits)
    with np.errstate(over="ignore"):
        assert shortest_digits(bits) == plain(bits)


@given(st.integers(0, 2**62))
def test_whole_numbers(value: int) -> None:
    out = np.zeros(40, np.uint8)
    assert out[: put_whole(out, 0, value)].tobytes().decode() == str(value)


@given(st.integers(-(10**15), 10**15))
def test_times(time_ms: int) -> None:
    out = np.zeros(40, np.uint8)
    assert out[: put_time_s(out, 0, time_ms)].tobytes().decode() == format_time_s(time_ms)

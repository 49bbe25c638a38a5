"""The table of functions."""

from __future__ import annotations

from narthex.promql.syntax.functions import FUNCTIONS
from narthex.promql.syntax.nodes import ValueType

EXPERIMENTAL = {
    *("start", "end", "range", "step", "max_of", "min_of", "sort_by_label", "sort_by_label_desc"),
    *("start_timestamp", "info", "double_exponential_smoothing", "mad_over_time"),
    *("ts_of_min_over_time", "ts_of_max_over_time"),
    *("ts_of_first_over_time", "ts_of_last_over_time", "histogram_quantiles"),
}


def test_all_ninety_are_there() -> None:
    assert len(FUNCTIONS) == 90
    assert all(name == function.name for name, function in FUNCTIONS.items())


def test_which_are_experimental() -> None:
    assert {name for name, f in FUNCTIONS.items() if f.experimental} == EXPERIMENTAL


def test_only_a_few_give_scalars() -> None:
    scalars = {name for name, f in FUNCTIONS.items() if f.return_type is ValueType.SCALAR}
    assert scalars == {
        *("time", "pi", "scalar", "max_of", "min_of"),
        *("start", "end", "range", "step"),
    }


def test_arguments_past_the_last_are_of_its_type() -> None:
    assert FUNCTIONS["label_join"].argument_type(7) is ValueType.STRING
    assert FUNCTIONS["histogram_quantiles"].argument_type(11) is ValueType.SCALAR

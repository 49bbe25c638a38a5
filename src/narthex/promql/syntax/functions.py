"""The functions of the language: what they take, what they give, and which are experimental."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.promql.syntax.nodes import ValueType

_TYPES = {
    "v": ValueType.VECTOR,
    "m": ValueType.MATRIX,
    "s": ValueType.SCALAR,
    "t": ValueType.STRING,
}


@dataclass(frozen=True, slots=True)
class Function:
    """`variadic` of the last arguments may be left out or repeated: -1 is any number of them.

    With `variadic` 0 the arguments are exactly `argument_types`; else at least all but the last,
    and at most that many and `variadic` more, each of the last type.
    """

    name: str
    argument_types: tuple[ValueType, ...]
    return_type: ValueType
    variadic: int = 0
    experimental: bool = False

    def argument_type(self, index: int) -> ValueType:
        """The type of one argument; arguments past the last take its type."""
        return self.argument_types[min(index, len(self.argument_types) - 1)]


def _functions(names: str, takes: str, gives: str = "v", **traits: int) -> dict[str, Function]:
    """Functions of one shape: a letter for each argument, `t` for a text."""
    types = tuple(_TYPES[letter] for letter in takes)
    variadic, experimental = traits.get("variadic", 0), bool(traits.get("experimental", 0))
    return {
        name: Function(name, types, _TYPES[gives], variadic, experimental) for name in names.split()
    }


FUNCTIONS: dict[str, Function] = {
    **_functions("abs ceil floor exp ln log2 log10 sqrt sgn deg rad", "v"),
    **_functions("acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh", "v"),
    **_functions("clamp", "vss"),
    **_functions("clamp_max clamp_min", "vs"),
    **_functions("round", "vs", variadic=1),
    **_functions("absent sort sort_desc timestamp", "v"),
    **_functions("minute hour day_of_week day_of_month day_of_year", "v", variadic=1),
    **_functions("days_in_month month year", "v", variadic=1),
    **_functions("time pi", "", "s"),
    **_functions("start end range step", "", "s", experimental=1),
    **_functions("max_of min_of", "ss", "s", experimental=1),
    **_functions("scalar", "v", "s"),
    **_functions("vector", "s"),
    **_functions("label_replace", "vtttt"),
    **_functions("label_join", "vttt", variadic=-1),
    **_functions("sort_by_label sort_by_label_desc", "vt", variadic=-1, experimental=1),
    **_functions("rate increase delta irate idelta changes resets deriv absent_over_time", "m"),
    **_functions("predict_linear", "ms"),
    **_functions("double_exponential_smoothing", "mss", experimental=1),
    **_functions("avg_over_time count_over_time min_over_time max_over_time sum_over_time", "m"),
    **_functions("stddev_over_time stdvar_over_time present_over_time", "m"),
    **_functions("first_over_time last_over_time", "m"),
    **_functions("quantile_over_time", "sm"),
    **_functions("mad_over_time ts_of_min_over_time ts_of_max_over_time", "m", experimental=1),
    **_functions("ts_of_first_over_time ts_of_last_over_time", "m", experimental=1),
    **_functions("histogram_avg histogram_count histogram_sum", "v"),
    **_functions("histogram_stddev histogram_stdvar", "v"),
    **_functions("histogram_fraction", "ssv"),
    **_functions("histogram_quantile", "sv"),
    **_functions("histogram_quantiles", "vtss", variadic=9, experimental=1),
    **_functions("start_timestamp", "v", experimental=1),
    **_functions("info", "vv", variadic=1, experimental=1),
}

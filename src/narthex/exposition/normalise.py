"""The one spelling of `le` and `quantile`: buckets of one bound are then one series.

OpenMetrics writes them as floats (`1.0`), clients of the classic format as they like (`1`).
"""

from __future__ import annotations

import functools
import math
import re

import numpy as np

GO_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)"
    r"|[nN][aA][nN]"
)


@functools.lru_cache(maxsize=4096)
def openmetrics_float(text: str) -> str:
    """`text` as OpenMetrics spells a float, or as it is when it is none.

    Raises nothing: text that is no float, or one out of range, is no bound and stays.
    """
    if not GO_FLOAT.fullmatch(text):
        return text
    value = float(text)
    overflown = math.isinf(value) and "n" not in text.lower()
    return text if overflown else format_openmetrics_float(value)


def format_openmetrics_float(value: float) -> str:
    """A float as OpenMetrics clients spell it: `1.0`, `0.25`, `1e+06`, `+Inf`.

    The shortest digits that read back the same, with an exponent of two digits or more below
    1e-4 and from 1e6 (Go's `%g` with precision -1), and `.0` behind a whole number.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0.0"
    mantissa, _, exponent = np.format_float_scientific(value, trim="-").partition("e")
    if not -4 <= int(exponent) < 6:
        return f"{mantissa}e{int(exponent):+03d}"
    return np.format_float_positional(value, trim="0")

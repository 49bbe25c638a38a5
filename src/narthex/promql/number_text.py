"""Numbers inside messages, spelled as Go's `%g` does, so that texts are Prometheus's own."""

from __future__ import annotations

import math

import numpy as np


def general_text(value: float) -> str:
    """The shortest digits that read back as `value`; an exponent below 1e-4 and from 1e6 on
    unless the whole part is written out in fewer than seven digits."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return np.format_float_positional(value, trim="-")
    mantissa, _, exponent = np.format_float_scientific(value, trim="-", exp_digits=2).partition("e")
    return f"{mantissa}e{exponent}"

"""How many: the parameter of `topk`, `bottomk` and `limitk` at each step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.value import format_float_general
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import Scalar

INT64_LIMIT = 2.0**63


def counts_of(k: Scalar) -> NDArray[np.int64]:
    """`k` truncated, int64[T]. Raises ExecutionError where it is no number or no int64."""
    if np.isnan(k).any():
        raise ExecutionError("Parameter value is NaN")
    for wrong in k[(k >= INT64_LIMIT) | (k <= -INT64_LIMIT)]:
        raise ExecutionError(
            f"Scalar value {format_float_general(wrong)} overflows int64"
            if wrong > 0
            else f"Scalar value {format_float_general(wrong)} underflows int64"
        )
    return k.astype(np.int64)

"""`limitk` and `limit_ratio`: a sample of the series, the same one whenever it is asked for."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.value import format_float_general
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.parameter import counts_of
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.histogram_cells import where_kept
from narthex.promql.kernels.aggregate import first_of_groups
from narthex.promql.position import Span


def aggregate_limitk(frame: Frame, groups: Groups, k: Scalar) -> Frame:
    """The first `k[t]` series of each group, in storage's order."""
    rows, bounds = groups.members()
    chosen = np.zeros(frame.values.shape, np.uint8)
    first_of_groups(frame.kinds(), rows, bounds, counts_of(k), chosen)
    return where_kept(frame, chosen).without_empty_rows()


def aggregate_limit_ratio(frame: Frame, ratio: Scalar, at: Span, context: EvalContext) -> Frame:
    """Series whose place in [0, 1), taken from their labels' hash, is below the ratio.

    A negative ratio takes the places from 1 + ratio on, so that r and r - 1 share all series.
    """
    if np.isnan(ratio).any():
        raise ExecutionError("Ratio value is NaN")
    for wrong in np.unique(ratio[np.abs(ratio) > 1]):
        context.annotations.warn(
            f"ratio value should be between -1 and 1, got {format_float_general(wrong)},"
            f" capping to {int(np.sign(wrong))}",
            at,
        )
    capped = np.clip(ratio, -1.0, 1.0)
    place = places(frame.labels)[:, None]
    chosen = np.where(capped >= 0, place < capped, place >= 1.0 + capped)
    return where_kept(frame, chosen * frame.kinds()).without_empty_rows()


def places(labels: LabelTable) -> NDArray[np.float64]:
    """A number in [0, 1) for each series that depends on its labels alone."""
    place = np.zeros(len(labels), np.uint64)
    for name, ids in labels.columns.items():
        distinct, at = np.unique(ids, return_inverse=True)
        hashes = [_pair_hash(name, labels.symbols.text(symbol)) for symbol in distinct.tolist()]
        place ^= np.array(hashes, np.uint64)[at]
    return (place >> np.uint64(11)).astype(np.float64) / 2.0**53


def _pair_hash(name: str, value: str) -> int:
    if not value:
        return 0
    pair = f"{name}\xff{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(pair, digest_size=8).digest(), "little")

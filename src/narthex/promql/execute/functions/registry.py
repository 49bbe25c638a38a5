"""Every function that is built, by its name in a query."""

from __future__ import annotations

from narthex.promql.execute.functions.absence import ABSENCE, ABSENCE_OVER_TIME
from narthex.promql.execute.functions.calling import RangeFunction, VectorFunction
from narthex.promql.execute.functions.elementwise import ELEMENTWISE
from narthex.promql.execute.functions.histograms import HISTOGRAMS
from narthex.promql.execute.functions.information import INFORMATION
from narthex.promql.execute.functions.over_time import OVER_TIME
from narthex.promql.execute.functions.rates import RATES
from narthex.promql.execute.functions.relabelling import RELABELLING
from narthex.promql.execute.functions.scalars import SCALARS
from narthex.promql.execute.functions.sorting import SORTING
from narthex.promql.execute.functions.trends import TRENDS

RANGE_FUNCTIONS: dict[str, RangeFunction] = {
    **RATES,
    **OVER_TIME,
    **TRENDS,
    **ABSENCE_OVER_TIME,
}
VECTOR_FUNCTIONS: dict[str, VectorFunction] = {
    **ELEMENTWISE,
    **SCALARS,
    **ABSENCE,
    **SORTING,
    **RELABELLING,
    **HISTOGRAMS,
    **INFORMATION,
}

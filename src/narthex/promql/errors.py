"""What can go wrong between a parsed query and its answer. Texts are Prometheus's own.

QueryError
├── ExecutionError      the query cannot be evaluated over this data (HTTP 422, `execution`)
│   ├── TooManySamples  it would hold more samples at once than `--query.max-samples`
│   └── NotBuilt        it uses a part of the language that this version does not evaluate
├── WrongResultType     a range query for what is no scalar or instant vector (400, `bad_data`)
├── QueryTimeout        it ran longer than its timeout (503, `timeout`)
└── QueryCanceled       its client went away, or it was told to stop (499, `canceled`)
"""

from __future__ import annotations


class QueryError(Exception):
    """Root of the errors of evaluation."""


class ExecutionError(QueryError):
    """The query cannot be evaluated over this data."""


class TooManySamples(ExecutionError):
    """The query would hold more samples at once than it may."""

    def __init__(self, held: int, allowed: int) -> None:
        super().__init__(
            "query processing would load too many samples into memory in query execution"
        )
        self.held, self.allowed = held, allowed


class NotBuilt(ExecutionError):
    """A part of the language that is not evaluated yet; `feature` names it."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not built yet")
        self.feature = feature


class WrongResultType(QueryError, ValueError):
    """A range query asks for a range vector or a text."""

    def __init__(self, described: str) -> None:
        super().__init__(
            f'invalid expression type "{described}" for range query,'
            " must be Scalar or instant Vector"
        )


class QueryTimeout(QueryError, TimeoutError):
    """The query ran longer than its timeout."""

    def __init__(self, stage: str = "expression evaluation") -> None:
        super().__init__(f"query timed out in {stage}")


class QueryCanceled(QueryError):
    """The query was told to stop."""

    def __init__(self, stage: str = "expression evaluation") -> None:
        super().__init__(f"query was canceled in {stage}")

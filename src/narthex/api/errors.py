"""Errors as the API gives them: Prometheus's types, each with its status code."""

from __future__ import annotations

import enum


class ErrorType(enum.Enum):
    """`errorType` of an error answer, and its HTTP status."""

    BAD_DATA = ("bad_data", 400)
    EXECUTION = ("execution", 422)
    CANCELED = ("canceled", 499)
    TIMEOUT = ("timeout", 503)
    INTERNAL = ("internal", 500)
    UNAVAILABLE = ("unavailable", 500)
    NOT_FOUND = ("not_found", 404)
    NOT_ACCEPTABLE = ("not_acceptable", 406)

    @property
    def text(self) -> str:
        """As it stands in the answer."""
        return self.value[0]

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.value[1]


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, type: ErrorType, message: str) -> None:  # noqa: A002 - the field's name
        super().__init__(message)
        self.type, self.message = type, message


def bad_parameter(name: str, reason: str) -> ApiError:
    """A parameter that cannot be used, in Prometheus's words."""
    return ApiError(ErrorType.BAD_DATA, f'invalid parameter "{name}": {reason}')

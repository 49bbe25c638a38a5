"""Answers of the API as promtool prints them: PromQL's own notation, or JSON."""

from __future__ import annotations

from typing import Any

import orjson

from narthex.cli.flags import Flag, Kind
from narthex.model.labels import Labels, quote

FORMAT = Flag(
    "format", Kind.TEXT, "promql", "Form of the output; short: -o.", choices=("promql", "json")
)
OUTPUT = Flag(
    "o", Kind.TEXT, "promql", "Short for --format.", choices=("promql", "json"), hidden=True
)


def show_value(value_type: str, result: Any, form: str) -> str:
    """The `result` of a query."""
    if form == "json":
        return orjson.dumps(result).decode()
    if value_type == "scalar":
        return f"scalar: {result[1]} @[{result[0]}]"
    if value_type == "string":
        return str(result[1])
    if value_type == "vector":
        return "\n".join(
            f"{_metric(row)} => {row['value'][1]} @[{row['value'][0]}]" for row in result
        )
    return "\n".join(
        "\n".join([f"{_metric(row)} =>", *(f"{v} @[{t}]" for t, v in row["values"])])
        for row in result
    )


def show_series(series: list[dict[str, str]], form: str) -> str:
    """Label sets, one a line."""
    if form == "json":
        return orjson.dumps(series).decode()
    return "\n".join(_in_braces(labels) for labels in series)


def _in_braces(labels: dict[str, str]) -> str:
    pairs = (f"{name}={quote(value)}" for name, value in sorted(labels.items()))
    return f"{{{', '.join(pairs)}}}"


def show_values(values: list[str], form: str) -> str:
    """Values of a label, one a line."""
    return orjson.dumps(values).decode() if form == "json" else "\n".join(values)


def _metric(row: dict[str, Any]) -> str:
    return str(Labels.of(row["metric"]))

"""Label sets as JSON objects: each distinct value is encoded once a column."""

from __future__ import annotations

import orjson

from narthex.model.label_table import LabelTable
from narthex.model.symbols import EMPTY


def encode_labels(table: LabelTable) -> list[bytes]:
    """`{"a":"b",...}` of each series, labels in name order, absent ones left out."""
    columns = []
    for name in sorted(table.columns):
        ids = table.columns[name].tolist()
        key = encode_text(name) + b":"
        pairs = {symbol: key + encode_text(table.symbols.text(symbol)) for symbol in set(ids)}
        pairs[EMPTY] = b""
        columns.append([pairs[symbol] for symbol in ids])
    if not columns:
        return [b"{}"] * table.size
    return [b"{" + b",".join(filter(None, row)) + b"}" for row in zip(*columns, strict=True)]


def encode_text(text: str) -> bytes:
    """A JSON string; text that is not UTF-8 (a lone surrogate) is shown as the replacement sign."""
    try:
        return orjson.dumps(text)
    except (TypeError, ValueError):
        return orjson.dumps(text.encode("utf-8", "replace").decode())

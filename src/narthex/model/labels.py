"""The name of one series as an object.

A `Labels` is made for a target, a rule, or a series that leaves the engine; storage and the
engine work on columns of symbol ids instead (`label_table`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

METRIC_NAME = "__name__"
BUCKET_LABEL = "le"
QUANTILE_LABEL = "quantile"
TYPE_LABEL = "__type__"
UNIT_LABEL = "__unit__"

LEGACY_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LEGACY_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class Labels:
    """An immutable set of (name, value) pairs sorted by name; no empty value is ever kept.

    Ordered as Prometheus orders series: pair by pair, name before value, shorter first.
    """

    __slots__ = ("_hash", "pairs")

    pairs: tuple[tuple[str, str], ...]

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(sorted((name, value) for name, value in pairs if value))
        self._hash = hash(self.pairs)

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> Labels:
        """From a mapping; a later value of a name cannot exist there."""
        return cls(labels.items())

    def get(self, name: str, default: str = "") -> str:
        """The value of a label, `default` when absent (an absent label equals an empty one)."""
        for key, value in self.pairs:
            if key == name:
                return value
        return default

    @property
    def metric_name(self) -> str:
        """The value of `__name__`, empty when there is none."""
        return self.get(METRIC_NAME)

    def as_dict(self) -> dict[str, str]:
        """A new dictionary, in name order."""
        return dict(self.pairs)

    def without(self, *names: str) -> Labels:
        """The same but for the labels named."""
        return Labels(pair for pair in self.pairs if pair[0] not in names)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Labels) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: Labels) -> bool:
        return self.pairs < other.pairs

    def __str__(self) -> str:
        """`name{a="b"}` as PromQL writes it; a name that is no identifier goes inside, quoted."""
        name = self.metric_name
        inside = [f"{quote_name(k)}={quote(v)}" for k, v in self.pairs if k != METRIC_NAME]
        if name and not LEGACY_METRIC_NAME.fullmatch(name):
            return "{" + ", ".join([quote(name), *inside]) + "}"
        if name and not inside:
            return name
        return name + "{" + ", ".join(inside) + "}"

    def __repr__(self) -> str:
        return f"Labels({self})"


def quote(text: str) -> str:
    r"""A double-quoted string literal with `\\`, `\"` and `\n` escaped."""
    return '"' + text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'


def quote_name(name: str) -> str:
    """A label name, quoted only where it is no plain identifier."""
    return name if LEGACY_LABEL_NAME.fullmatch(name) else quote(name)


def is_valid_label_name(name: str) -> bool:
    """Whether `name` may name a label: any non-empty UTF-8 text (Prometheus 3)."""
    return bool(name) and _is_utf8(name)


def is_valid_metric_name(name: str) -> bool:
    """Whether `name` may name a metric: any non-empty UTF-8 text (Prometheus 3)."""
    return bool(name) and _is_utf8(name)


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)

"""The `storage` section: what may be changed of the store without a restart."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.model.settings import (
    DURATION_MS,
    INTEGER,
    NUMBER,
    SIZE_BYTES,
    BadSetting,
    Nested,
    OneOf,
    setting,
)


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """How much is kept; zero leaves it to the flags."""

    time_ms: int = setting(DURATION_MS, 0, key="time")
    size_bytes: int = setting(SIZE_BYTES, 0, key="size")
    percentage: float = setting(NUMBER, 0.0, acted_on=False)

    def __post_init__(self) -> None:
        if not 0 <= self.percentage <= 100:
            raise BadSetting("percentage", "must be from 0 to 100")


@dataclass(frozen=True, slots=True)
class ChunkEncodingConfig:
    """Prometheus's encodings of chunks; Narthex's pages have their own."""

    floats: str = setting(OneOf(("xor", "xor2")), "")


@dataclass(frozen=True, slots=True)
class TsdbConfig:
    """The time series database."""

    out_of_order_time_window_ms: int = setting(
        DURATION_MS, 0, key="out_of_order_time_window", acted_on=False
    )
    stale_series_compaction_threshold: float = setting(NUMBER, 0.0, acted_on=False)
    chunk_encoding: ChunkEncodingConfig | None = setting(
        Nested(ChunkEncodingConfig), acted_on=False
    )
    retention: RetentionConfig | None = setting(Nested(RetentionConfig))


@dataclass(frozen=True, slots=True)
class ExemplarsConfig:
    """How many exemplars are kept in memory; zero or less keeps none."""

    max_exemplars: int = setting(INTEGER, 100_000)


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """Everything about the store."""

    tsdb: TsdbConfig | None = setting(Nested(TsdbConfig))
    exemplars: ExemplarsConfig | None = setting(Nested(ExemplarsConfig), acted_on=False)

"""Prometheus-compatible monitoring: scrape, keep, answer; as a server and as a library.

`narthex.open(path)` opens a data folder without a server; it is imported only when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from narthex.library import Answer, Database
    from narthex.library import Database as open  # noqa: A004, N813 - `narthex.open`, like gzip.open

__all__ = ["Answer", "Database", "open"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'narthex' has no attribute {name!r}")
    from narthex import library  # noqa: PLC0415 - numba and all, only when asked for

    return library.Database if name == "open" else getattr(library, name)

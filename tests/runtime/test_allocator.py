"""The allocator is told on glibc, and left alone where it cannot be told."""

from __future__ import annotations

import ctypes

import pytest

from narthex.runtime import allocator


def test_glibc_takes_every_setting() -> None:
    assert allocator.keep_freed_memory() == hasattr(ctypes.CDLL(None), "mallopt")


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert not allocator.keep_freed_memory()

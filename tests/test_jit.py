"""Where compiled kernels are kept: what is loaded from there is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from narthex.jit import cache_root, own_folder


def test_without_a_home_kernels_are_kept_in_a_folder_of_this_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NARTHEX_KERNEL_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = cache_root()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert cache_root() == folder


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(tmp_path / "shared")
    for folder in (shared, elsewhere):
        with pytest.raises(PermissionError, match="NARTHEX_KERNEL_CACHE"):
            own_folder(folder)
    assert own_folder(tmp_path / "own") == tmp_path / "own"

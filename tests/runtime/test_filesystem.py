"""The machine's disk behind the seam."""

from pathlib import Path

import pytest

from narthex.runtime.filesystem import OsFileSystem


def test_append_read_truncate(tmp_path: Path) -> None:
    disk = OsFileSystem()
    file = disk.open_append(tmp_path / "log")
    file.write(b"hello ")
    file.write(memoryview(b"world"))
    file.sync()
    assert file.size() == 11
    reader = disk.open_range(tmp_path / "log")
    assert reader.read(6, 100) == b"world"
    file.truncate(5)
    assert reader.size() == 5
    file.close()
    reader.close()


def test_write_file_replaces_whole(tmp_path: Path) -> None:
    disk = OsFileSystem()
    disk.write_file(tmp_path / "meta", b"one")
    disk.write_file(tmp_path / "meta", b"two")
    assert disk.read_file(tmp_path / "meta") == b"two"
    assert disk.list(tmp_path) == ["meta"]


def test_what_is_missing(tmp_path: Path) -> None:
    disk = OsFileSystem()
    assert disk.list(tmp_path / "none") == []
    disk.remove(tmp_path / "none")
    disk.remove_tree(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        disk.open_range(tmp_path / "none")


def test_a_folder_that_was_made_survives_with_its_parents(tmp_path: Path) -> None:
    synced = []

    class Disk(OsFileSystem):
        def sync_directory(self, path: Path) -> None:
            synced.append(path)
            super().sync_directory(path)

    disk = Disk()
    disk.make_directory(tmp_path / "tenants" / "default")
    assert synced == [tmp_path / "tenants", tmp_path]
    disk.make_directory(tmp_path / "tenants" / "default")
    assert len(synced) == 2


def test_a_closed_file_is_not_another_one(tmp_path: Path) -> None:
    disk = OsFileSystem()
    disk.write_file(tmp_path / "read", b"one")
    writer, reader = disk.open_append(tmp_path / "written"), disk.open_range(tmp_path / "read")
    writer.close()
    reader.close()
    others = [disk.open_append(tmp_path / str(n)) for n in range(2)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        writer.write(b"x")
    with pytest.raises(OSError, match="Bad file descriptor"):
        reader.read(0, 3)
    with pytest.raises(OSError, match="Bad file descriptor"):
        writer.close()
    for other in others:
        assert other.size() == 0
        other.sync()
        other.close()
    assert disk.read_file(tmp_path / "0") == disk.read_file(tmp_path / "1") == b""

"""Files of targets: found by pattern, read when they change, kept when they break."""

from __future__ import annotations

from pathlib import Path

import pytest

from narthex.discovery.file import POLL_INTERVAL_S, FileConfig
from tests.discovery.world import World

pytestmark = pytest.mark.asyncio


def config(folder: Path, pattern: str = "*.json") -> FileConfig:
    return FileConfig(files=(str(folder / pattern),))


async def test_both_formats_with_their_path_as_a_label(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"targets": ["a:1"], "labels": {"x": "y"}}]')
    (tmp_path / "b.yml").write_text("- targets: [b:1]\n- targets: [b:2]\n")
    world = World()
    both = FileConfig(files=(f"{tmp_path}/*.json", f"{tmp_path}/b.yml"))
    async with world.running(both):
        assert world.addresses() == ["a:1", "b:1", "b:2"]
        group = world.found[f"{tmp_path}/a.json:0"]
        assert group.labels == {"x": "y", "__meta_filepath": f"{tmp_path}/a.json"}


async def test_changes_are_seen_and_nothing_else_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"targets": ["a:1"]}, {"targets": ["a:2"]}]')
    world = World()
    async with world.running(config(tmp_path)):
        await world.clock.advance_s(10 * POLL_INTERVAL_S)
        assert world.updates == 1
        file.write_text('[{"targets": ["b:1"]}]')
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["b:1"]
        (tmp_path / "c.json").write_text('[{"targets": ["c:1"]}]')
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["b:1", "c:1"]
        file.unlink()
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["c:1"]


async def test_a_file_replaced_by_rename(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"targets": ["a:1"]}]')
    world = World()
    async with world.running(config(tmp_path)):
        fresh = tmp_path / "new.tmp"
        fresh.write_text('[{"targets": ["a:2"]}]')
        fresh.rename(file)
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["a:2"]


@pytest.mark.parametrize("broken", [b"[", b'[{"target": []}]', b"\xff"])
async def test_a_broken_file_keeps_what_it_held(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"targets": ["a:1"]}]')
    world = World()
    async with world.running(config(tmp_path)):
        file.write_bytes(broken)
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["a:1"]
        assert world.metric("file_read_errors_total") == 1
        file.write_text('[{"targets": ["a:9"]}]')
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["a:9"]


async def test_files_are_read_again_at_the_refresh_interval(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"targets": ["a:1"]}]')
    world = World()
    async with world.running(config(tmp_path)):
        await world.clock.advance_s(299)
        assert world.updates == 1
        await world.clock.advance_s(2)
        assert world.updates == 2


async def test_no_files_are_no_fault(tmp_path: Path) -> None:
    world = World()
    async with world.running(config(tmp_path / "nowhere")):
        assert world.updates == 0
        (tmp_path / "nowhere").mkdir()
        (tmp_path / "nowhere" / "a.json").write_text('[{"targets": ["a:1"]}]')
        await world.clock.advance_s(POLL_INTERVAL_S)
        assert world.addresses() == ["a:1"]

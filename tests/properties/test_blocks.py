"""What is written to a block is what queries find in it, whatever the series, holes and ranges."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher, MatchType
from narthex.model.symbols import Symbols
from narthex.model.value import STALE_NAN_BITS
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.block import writer
from narthex.storage.block.reader import BlockReader
from narthex.storage.block.writer import write_block
from narthex.storage.compaction.compactor import compact
from narthex.storage.index import layout
from narthex.storage.index import writer as index_writer
from narthex.storage.interface import Want
from narthex.storage.merge import merge_selections
from tests.storage.block.samples import DictSelection, Samples, read_all, read_rows, samples_in

ULID = "0" * 26
WINDOW_MS = 100
END_MS = 400

label_sets = st.dictionaries(
    st.sampled_from(["__name__", "job", "instance", "z"]),
    st.sampled_from(["", "a", "b", "up", "é"]),
).map(Labels.of)
words = st.one_of(
    st.sampled_from([STALE_NAN_BITS, 0x8000000000000000, 0x7FF8000000000001, 0]),
    st.integers(0, 2**64 - 1),
    st.integers(0, 100).map(lambda value: int(np.float64(value).view(np.uint64))),
)
grids = st.sampled_from([range(0, END_MS, 7), range(3, END_MS, 50), range(120, 180, 5), range(0)])
irregular = st.sets(st.integers(0, END_MS - 1), max_size=12).map(sorted)
histories = st.tuples(st.one_of(grids, irregular), st.lists(words, min_size=1, max_size=8)).map(
    lambda pair: [(time, pair[1][k % len(pair[1])]) for k, time in enumerate(pair[0])]
)
stores = st.dictionaries(label_sets, histories, max_size=12)
matchers = st.lists(
    st.builds(
        Matcher,
        st.sampled_from(list(MatchType)),
        st.sampled_from(["__name__", "job", "z", "other"]),
        st.sampled_from(["", "a", "up", "a|b", ".+", "u.*", ".*p"]),
    ),
    max_size=3,
)


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> object:
    """Segments and stripes of a few rows, groups of two: a dozen series need several of each."""
    patch = pytest.MonkeyPatch()
    for module in (layout, writer):
        patch.setattr(module, "GROUP_ROWS", 2)
        patch.setattr(module, "STRIPE_ROWS", 4)
    patch.setattr(index_writer, "SEGMENT_ROWS", 3)
    patch.setattr(writer, "SAMPLES_PER_READ", 16)
    yield
    patch.undo()


def write(samples: Samples, folder: Path, ulid: str = ULID, start_ms: int = 0) -> bool:
    meta = write_block(
        DictSelection(Symbols(), samples), start_ms, END_MS, folder, OsFileSystem(),
        ulid=ulid, window_ms=WINDOW_MS,
    )  # fmt: skip
    return meta is not None


@settings(max_examples=200, deadline=None)
@given(stores, matchers, st.integers(-10, END_MS + 10), st.integers(-10, END_MS + 10), st.data())
def test_a_block_answers_as_the_dictionary_does(
    samples: Samples, conditions: list[Matcher], start_ms: int, end_ms: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not write(samples, folder):
            assert not samples_in(samples, 0, END_MS - 1)
            assert not list(folder.iterdir())
            return
        reader = BlockReader.open(folder / ULID, OsFileSystem(), Symbols())
        selection = reader.select(conditions, start_ms, end_ms)
        expected = samples_in(samples, start_ms, end_ms, conditions)
        assert read_all(selection, start_ms, end_ms) == expected
        presence = {
            labels: [(time, word if word == STALE_NAN_BITS else 0) for time, word in held]
            for labels, held in expected.items()
        }
        assert read_all(selection, start_ms, end_ms, Want.PRESENCE) == presence
        some = data.draw(st.sets(st.integers(0, max(0, selection.labels.size - 1)), max_size=4))
        rows = np.array(sorted(some) if selection.labels.size else [], np.int64)
        names = set(selection.labels.take(rows).to_labels())
        part = {labels: held for labels, held in expected.items() if labels in names}
        assert read_rows(selection, rows, start_ms, end_ms, Want.VALUES) == part
        everything = samples_in(samples, 0, END_MS, conditions)
        assert reader.label_names(conditions) == sorted({n for s in everything for n, _ in s})
        for label in ("__name__", "job", "z"):
            values = {labels.get(label) for labels in everything} - {""}
            assert reader.label_values(label, conditions) == sorted(values)
        reader.close()


@settings(max_examples=60, deadline=None)
@given(stores, stores)
def test_a_merge_of_blocks_holds_the_samples_of_all(one: Samples, other: Samples) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, symbols = Path(name), Symbols()
        ulids = [
            ulid
            for ulid, samples in (("1" * 26, one), ("2" * 26, other))
            if write(samples, folder, ulid)
        ]
        readers = [BlockReader.open(folder / ulid, OsFileSystem(), symbols) for ulid in ulids]
        if not readers:
            return
        meta = compact(readers, folder, OsFileSystem(), ulid=ULID, merge=merge_selections)
        assert meta is not None
        assert meta.level == 2
        assert list(meta.sources) == ulids
        merged = BlockReader.open(folder / ULID, OsFileSystem(), symbols)
        found = read_all(merged.select_all(), 0, END_MS)
        times = {labels: [time for time, _ in held] for labels, held in found.items()}
        expected: dict[Labels, set[int]] = {}
        for samples in (one, other):
            for labels, held in samples_in(samples, 0, END_MS).items():
                expected.setdefault(labels, set()).update(time for time, _ in held)
        assert times == {labels: sorted(held) for labels, held in expected.items()}
        for labels, held in found.items():
            known = [*one.get(labels, []), *other.get(labels, [])]
            assert set(held) <= set(known)
        assert meta.stats.samples == sum(map(len, found.values()))
        for reader in (*readers, merged):
            reader.close()


def test_rows_lie_in_the_order_of_metric_and_labels() -> None:
    samples = {
        Labels.of({"__name__": metric, "instance": instance}): [(5, 0)]
        for metric in ("up", "a", "b")
        for instance in ("2", "1", "")
    }
    with tempfile.TemporaryDirectory() as name:
        write(samples, Path(name))
        reader = BlockReader.open(Path(name) / ULID, OsFileSystem(), Symbols())
        found = [str(labels) for labels in reader.labels().to_labels()]
        reader.close()
    assert found == [
        f'{metric}{{instance="{instance}"}}' if instance else metric
        for metric in ("a", "b", "up")
        for instance in ("", "1", "2")
    ]

"""Symbols: texts to ids and back."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.symbols import EMPTY, ScratchSymbols, Symbols, pack


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), max_size=30), max_size=5))
def test_ids_are_dense_and_stable(batches: list[list[str]]) -> None:
    symbols = Symbols()
    known = {"": EMPTY}
    for batch in batches:
        ids = symbols.intern_many(batch).tolist()
        for text, symbol in zip(batch, ids, strict=True):
            assert known.setdefault(text, symbol) == symbol
    assert sorted(known.values()) == list(range(len(symbols)))
    for text, symbol in known.items():
        assert symbols.text(symbol) == text
        assert symbols.find(text) == symbol
    assert symbols.find("\0 unknown") is None
    assert symbols.texts(np.array(list(known.values()), np.int32)) == list(known)


def test_a_table_grows_far_beyond_its_first_size() -> None:
    symbols = Symbols()
    texts = [f"value-{i}" for i in range(20_000)] + ["x" * 100_000]
    ids = symbols.intern_many(texts)
    assert symbols.intern_many(texts).tolist() == ids.tolist()
    assert symbols.texts(ids[::997]) == texts[::997]
    blob, offsets = symbols.packed()
    last = blob[offsets[ids[-1]] : offsets[ids[-1] + 1]]
    assert last.tobytes() == b"x" * 100_000


def test_readers_see_whole_texts_while_a_writer_adds() -> None:
    symbols = Symbols()
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            newest = range(max(1, len(symbols) - 20), len(symbols))
            texts = [symbols.text(symbol) for symbol in newest]
            wrong.extend(text for text in texts if not text.startswith("text-"))
            if symbols.find("text-1") not in (None, 2):
                wrong.append("text-1")

    thread = threading.Thread(target=read)
    thread.start()
    for i in range(3000):
        symbols.intern(f"text-{i}")
    done.set()
    thread.join()
    assert not wrong


def test_texts_of_a_query_stay_out_of_the_table() -> None:
    symbols = Symbols()
    up = symbols.intern("up")
    scratch = ScratchSymbols(symbols)
    made = scratch.intern("made up")
    assert made < 0
    assert scratch.intern("up") == up
    assert scratch.find("made up") == made
    assert symbols.find("made up") is None
    learnt = symbols.intern("made up")
    ids = np.array([up, learnt, made], np.int32)
    assert scratch.adopt(ids).tolist() == [up, made, made]
    assert scratch.texts(ids) == ["up", "made up", "made up"]


def test_texts_are_packed_with_offsets() -> None:
    blob, offsets = pack(["a", "", "é"])
    assert offsets.tolist() == [0, 1, 1, 3]
    assert blob.tobytes() == "aé".encode()
    blob, offsets = pack([])
    assert offsets.tolist() == [0]

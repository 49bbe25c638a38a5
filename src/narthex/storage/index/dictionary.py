"""The values of one label of a block: sorted texts, a value's code is its number from 1."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from narthex.storage.index.sections import compress, decompress, numbers


class Dictionary:
    """`LabelValues` of a block: the text of code `c` is `blob[offsets[c - 1]:offsets[c]]`."""

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob, self.offsets = blob, offsets
        self._bytes = blob.tobytes()

    @classmethod
    def empty(cls) -> Dictionary:
        """The values of a label that no series has."""
        return cls(np.zeros(1, np.uint8), np.zeros(1, np.int64))

    def __len__(self) -> int:
        return self.offsets.size - 1

    @property
    def memory_bytes(self) -> int:
        """Bytes held."""
        return 2 * self.blob.nbytes + self.offsets.nbytes

    @property
    def codes(self) -> NDArray[np.int64]:
        return np.arange(1, len(self) + 1, dtype=np.int64)

    @property
    def code_end(self) -> int:
        return len(self) + 1

    def _text(self, code: int) -> bytes:
        return self._bytes[self.offsets[code - 1] : self.offsets[code]]

    def _find(self, text: bytes) -> int:
        low, high = 1, len(self) + 1
        while low < high:
            middle = (low + high) // 2
            if self._text(middle) < text:
                low = middle + 1
            else:
                high = middle
        return low if low <= len(self) and self._text(low) == text else 0

    def find(self, texts: Iterable[str]) -> NDArray[np.int64]:
        found = {self._find(text.encode("utf-8", "surrogatepass")) for text in texts}
        return np.array(sorted(found - {0}), np.int64)

    def texts(self, codes: NDArray[np.int64]) -> list[str]:
        return [self._text(code).decode("utf-8", "surrogatepass") for code in codes.tolist()]

    def spans(
        self, codes: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        return self.blob, self.offsets[codes - 1], self.offsets[codes]


def encode_dictionary(sorted_texts: list[bytes]) -> bytes:
    """The section of these texts, which ascend and differ."""
    lengths = np.array([len(text) for text in sorted_texts], "<u4")
    return compress(lengths.tobytes() + b"".join(sorted_texts))


def decode_dictionary(data: bytes, count: int) -> Dictionary:
    """Raises ValueError."""
    content = decompress(data)
    lengths = numbers(content[: 4 * count], "<u4", count)
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    blob = np.frombuffer(content, np.uint8, offset=4 * count)
    if blob.size != offsets[-1]:
        raise ValueError("texts do not fill the dictionary")
    return Dictionary(blob if blob.size else np.zeros(1, np.uint8), offsets)

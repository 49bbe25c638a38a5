"""Many series as text in one array: how those who bring samples name their series to storage.

A sender packs the label sets that are new to it; storage interns them with a kernel, and no
object is made per series.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from narthex.model.labels import Labels
from narthex.model.symbols import pack


@dataclass(frozen=True)
class PackedLabels:
    """`k` series. Pair `p` is the name `text[offsets[2p]:offsets[2p + 1]]` and the value after it.

    `text` is UTF-8, uint8; `offsets` int64[2 * pairs + 1]; series `i` owns the pairs
    `starts[i]` to `starts[i + 1]` (int64[k + 1]), sorted by name, each name once, no empty value.
    """

    text: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return self.starts.size - 1

    @classmethod
    def from_labels(cls, series: Sequence[Labels]) -> PackedLabels:
        """Pack label objects."""
        text, offsets = pack(part for labels in series for pair in labels for part in pair)
        starts = np.zeros(len(series) + 1, np.int64)
        np.cumsum([len(labels) for labels in series], out=starts[1:])
        return cls(text, offsets, starts)

    def to_labels(self) -> Iterator[Labels]:
        """The series as objects, in order."""
        data, offsets = self.text.tobytes(), self.offsets.tolist()
        parts = [
            data[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(offsets)
        ]
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        bounds = self.starts.tolist()
        for start, end in pairwise(bounds):
            yield Labels(pairs[start:end])

"""What families say of themselves, target by target, held once for targets that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakValueDictionary

from narthex.exposition.page import Page
from narthex.model.metadata import Metadata


class Families:
    """The metadata of one page by family name; `digest` is that of the page's notes."""

    def __init__(self, digest: int, by_name: Mapping[str, Metadata]) -> None:
        self.digest = digest
        self.by_name = by_name
        self.bytes = sum(len(m.family) + len(m.help) + len(m.unit) for m in by_name.values())


NO_FAMILIES = Families(0, {})


class FamilyCache:
    """Families by digest: a thousand targets of one exporter share one copy."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[int, Families] = WeakValueDictionary()

    def of(self, page: Page) -> Families:
        """The families of a page; taken apart only when its notes are new."""
        families = self._known.get(page.notes_digest)
        if families is None:
            families = Families(page.notes_digest, page.families())
            self._known[page.notes_digest] = families
        return families

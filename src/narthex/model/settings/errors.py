"""What is wrong with a configuration, and where.

ValueError
├── BadConfig     a place in a file: what a reader of YAML raises
└── BadSetting    a key of one object: what a dataclass raises about its own values
"""

from __future__ import annotations


class BadConfig(ValueError):
    """A configuration that is refused; its text is `file:line: key: reason`."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        place = f"{file}:{line}: {key}: " if key else f"{file}:{line}: "
        super().__init__(place + reason)
        self.file = file
        self.line = line
        self.key = key
        self.reason = reason


class BadSetting(ValueError):
    """A value that does not fit the others of its object; becomes a `BadConfig` with a place."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key

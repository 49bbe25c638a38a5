"""YAML that people write, read strictly into the dataclasses that declare its keys.

A room declares its part of a configuration once, as a frozen dataclass whose fields are made by
`setting`; reading, refusing unknown keys, defaults and printing all follow from that declaration.
Every error names file, line and key. Nothing here opens a file.
"""

from narthex.model.settings.errors import BadConfig, BadSetting
from narthex.model.settings.kinds import (
    BOOLEAN,
    DURATION_MS,
    INTEGER,
    LABEL_MAP,
    NAMES,
    NUMBER,
    PATH,
    SECRET,
    SIZE_BYTES,
    TEXT,
    UNSIGNED,
    URL,
    Kind,
    ListOf,
    MapOf,
    OneOf,
    ParsedText,
    plain_objects,
)
from narthex.model.settings.schema import (
    Nested,
    document,
    inline,
    keys_of,
    placed_at,
    read,
    read_part,
    setting,
)
from narthex.model.settings.secret import Secret
from narthex.model.settings.yaml_text import Reading, Value, parse_yaml

__all__ = [
    "BOOLEAN",
    "DURATION_MS",
    "INTEGER",
    "LABEL_MAP",
    "NAMES",
    "NUMBER",
    "PATH",
    "SECRET",
    "SIZE_BYTES",
    "TEXT",
    "UNSIGNED",
    "URL",
    "BadConfig",
    "BadSetting",
    "Kind",
    "ListOf",
    "MapOf",
    "Nested",
    "OneOf",
    "ParsedText",
    "Reading",
    "Secret",
    "Value",
    "document",
    "inline",
    "keys_of",
    "parse_yaml",
    "placed_at",
    "plain_objects",
    "read",
    "read_part",
    "setting",
]

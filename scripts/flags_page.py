"""Writes docs/flags.md, the page of the server's flags, from the table that parses them."""

from __future__ import annotations

from pathlib import Path

from narthex.cli.flags import Flag
from narthex.cli.server_flags import SERVER_FLAGS

PAGE = Path(__file__).parents[1] / "docs" / "flags.md"
HEAD = """\
# Flags of `narthex server`

Made by `make docs` from the table that reads them, `src/narthex/cli/server_flags.py`.

| flag | default | what it does |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    flags = [flag for flag in SERVER_FLAGS.flags.values() if not flag.hidden]
    rows = "".join(row(flag) for flag in flags if not flag.refused)
    refused = ", ".join(f"`--{flag.name}`" for flag in flags if flag.refused)
    told = "Flags of Prometheus that nothing acts on yet are refused by name"
    return f"{HEAD}{rows}\n{told}: {refused}.\n"


def row(flag: Flag) -> str:
    default = ",".join(flag.default) if isinstance(flag.default, tuple) else flag.default
    cells = (f"`--{flag.name}`", default and f"`{default}`", flag.told)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())

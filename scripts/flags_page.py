"""Writes docs/flags.md, the page of the server's flags, from the table that parses them."""

from __future__ import annotations

from pathlib import Path

from narthex.cli.flags import Flag
from narthex.cli.server_flags import SERVER_FLAGS

PAGE = Path(__file__).parents[1] / "docs" / "flags.md"
HEAD = """\
# Flags of `narthex server`

Made by `make docs` from the table that reads them; edit `src/narthex/cli/server_flags.py` instead of this page.

| flag | default | what it does |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    flags = [flag for flag in SERVER_FLAGS.flags.values() if not flag.hidden]
    rows = "".join(row(flag) for flag in flags if not flag.refused)
    refused = ", ".join(f"`--{flag.name}`" for flag in flags if flag.refused)
    return f"{HEAD}{rows}\nFlags of Prometheus that nothing acts on yet are refused by name: {refused}.\n"


def row(flag: Flag) -> str:
    default = ",".join(flag.default) if isinstance(flag.default, tuple) else flag.default
    choices = f" One of {', '.join(f'`{choice}`' for choice in flag.choices)}." if flag.choices else ""
    told = f"{flag.help}{choices}".replace("|", "\\|")
    return f"| `--{flag.name}` | {f'`{default}`' if default else ''} | {told} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())

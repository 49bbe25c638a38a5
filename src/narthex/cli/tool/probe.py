"""`narthex tool check healthy` and `ready`: one probe of a running server."""

from __future__ import annotations

import sys

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind
from narthex.cli.tool.remote import RemoteError, ask, server_url


def probe_command(path: str) -> Command:
    """The command that asks `path` and fails unless the answer is 200."""

    def probe(arguments: Arguments) -> int:
        try:
            response = ask(server_url(arguments.text("url")) + path)
        except RemoteError as error:
            print(f"  FAILED: {error}", file=sys.stderr)
            return 1
        text = response.body.decode("utf-8", "replace").strip()
        if response.status != 200:
            print(f"  FAILED: check failed: status {response.status}: {text}", file=sys.stderr)
            return 1
        print(f"  SUCCESS: {text}")
        return 0

    url = Flag("url", Kind.TEXT, "http://localhost:9090", "URL of the server.")
    return Command(usage="", flags=FlagTable([url]), run=probe)

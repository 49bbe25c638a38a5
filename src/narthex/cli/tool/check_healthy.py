"""`narthex tool check healthy`."""

from narthex.cli.tool.probe import probe_command

COMMAND = probe_command("/-/healthy")

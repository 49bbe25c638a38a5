"""`narthex tool check ready`."""

from narthex.cli.tool.probe import probe_command

COMMAND = probe_command("/-/ready")

"""`narthex tool`: promtool's commands, arguments and exit codes."""

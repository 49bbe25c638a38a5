"""Start and inspect: the `narthex` command."""

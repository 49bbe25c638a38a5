"""Small experiments behind decisions; each is run by hand and quoted in `docs/decisions/`."""

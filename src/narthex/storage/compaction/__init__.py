"""Blocks over time: small ones are merged into larger ones, old ones are deleted."""

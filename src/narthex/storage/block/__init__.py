"""Blocks: all samples of a range of time, settled in a folder that never changes (docs/formats/block.md)."""

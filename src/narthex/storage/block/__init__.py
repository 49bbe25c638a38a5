"""Blocks: all samples of a range of time, in a folder that never changes.

The bytes are in `docs/formats/block.md`.
"""

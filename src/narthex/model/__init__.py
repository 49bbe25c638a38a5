"""The words that all rooms speak: labels, matchers, series tables, durations, stale markers.

Nothing here does I/O or reads a clock.
"""

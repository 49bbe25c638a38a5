"""Kernels of the language, a concern a file: they take columns and matrices, and know no query."""

"""Kernels of the exposition formats: numbers, words, and one parser a format."""

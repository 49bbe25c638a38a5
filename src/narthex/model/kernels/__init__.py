"""Kernels that several rooms share, a concern a file."""

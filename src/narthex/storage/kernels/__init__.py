"""Kernels that several parts of storage share."""

"""Answers as bytes: label sets as JSON objects, samples by kernels."""

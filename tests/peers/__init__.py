"""Narthex beside the real Prometheus, on the same samples and the same pages."""

"""Narthex beside Prometheus and VictoriaMetrics on the same bytes: `python -m benchmarks`."""

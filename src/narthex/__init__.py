"""Prometheus-compatible monitoring: scrape, keep, answer; as a server and as a library."""

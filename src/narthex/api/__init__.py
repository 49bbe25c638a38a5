"""Answer over HTTP: Prometheus's paths, parameters, JSON shapes, status codes and error types."""

"""The service's Prometheus metrics. HTTP's `/metrics` is in `controller`."""

"""The inference service and its trainer. `settings` is the only reader of the service's environment."""

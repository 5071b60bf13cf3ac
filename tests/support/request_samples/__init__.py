"""Samples of requests: one module for HTTP itself, and one for each wire protocol."""

"""Servers with a constant response: what no server on this machine can exceed."""

"""Counters of the kernel and of the load generator, read over a window of time."""

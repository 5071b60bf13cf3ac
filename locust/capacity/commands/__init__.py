"""The commands: options, the run of searches, repeated trials, soak and stress tests."""

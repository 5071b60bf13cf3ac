"""The command line: options, the run of a search, of repeated trials, of a soak and of a stress test."""

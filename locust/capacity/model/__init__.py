"""Plain values of a capacity search: what is wanted, what was measured, and the verdicts. No processes, no files."""

"""LightGBM: loads its text format and audited skops files, and predicts with one thread."""

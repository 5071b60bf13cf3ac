"""A CSV file as a dataset: its encoding, records and column types. Training itself is in the package above."""

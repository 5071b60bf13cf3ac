"""Compares the rows that arrive, and their predictions, with the profile of the training rows."""

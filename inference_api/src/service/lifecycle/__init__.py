"""Decides which version serves: follows the alias, loads, swaps, retries."""

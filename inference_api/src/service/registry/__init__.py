"""The model version that the alias points at, and the fetched versions on disk. Fetching is in `fetching`."""

"""Which model version the alias names, and the fetched versions on disk. Fetching itself is in `fetching`."""

"""The system under test: the Compose stack or one process, and how its limits are set."""

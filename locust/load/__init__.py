"""The load scenario for Locust: users, shape, recording. Limits and verdicts are in `capacity`."""

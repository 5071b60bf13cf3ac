"""The load scenario for Locust: users, ramp, recording. Limits and verdicts are in `capacity`."""

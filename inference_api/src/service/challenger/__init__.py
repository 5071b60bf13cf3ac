"""A second version beside the champion: its traffic, and the process that predicts with it."""

"""Models from registry to prediction, and the trainer. Nothing here knows HTTP or a web framework."""

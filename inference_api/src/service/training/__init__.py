"""The trainer's parts: data, pipeline, evaluation and publication of one model version."""

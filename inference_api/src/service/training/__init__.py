"""The trainer: data, pipeline, evaluation and publication of one model version. It serves nothing."""

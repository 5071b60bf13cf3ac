"""Predictions computed from fitted attributes, without an estimator's own `predict`. `lookup` finds the computation."""

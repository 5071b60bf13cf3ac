"""Computations from fitted attributes, without an estimator's own `predict`. `lookup` finds one for an estimator."""

"""scikit-learn: which types are trusted, how files are loaded, what a fitted estimator shows."""

"""scikit-learn: which files are trusted, how they are loaded, what a fitted estimator shows."""

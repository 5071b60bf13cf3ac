"""XGBoost: loads its own data formats, which run no code, and predicts with one thread."""

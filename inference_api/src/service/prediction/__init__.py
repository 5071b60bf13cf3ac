"""Makes predictions from rows: encoders, the loaded model, micro-batches. No model is loaded or verified here."""

"""From rows to outcomes: encoding, the loaded model, micro-batches. Nothing here loads or verifies a model."""

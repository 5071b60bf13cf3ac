"""The columns of a model's input, and the validation of requests. No model is loaded here."""

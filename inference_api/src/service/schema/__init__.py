"""The columns of a model's input and the checks of a request against them. No model is loaded here."""

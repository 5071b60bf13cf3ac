"""Turns the files of the prediction log into one table: `python -m src.service.prediction_export`."""

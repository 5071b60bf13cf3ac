"""Writes sampled predictions to files beside the requests that they answer; `service/prediction_export` reads them."""

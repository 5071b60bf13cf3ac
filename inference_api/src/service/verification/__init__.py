"""Checks that a loaded model predicts what mlflow.pyfunc does. Loading is in `flavors` and `lifecycle`."""

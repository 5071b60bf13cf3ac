"""Proof that a loaded model answers as mlflow.pyfunc does. Loading is in `flavors` and `lifecycle`."""

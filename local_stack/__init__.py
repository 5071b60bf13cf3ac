"""The reference stack without Docker: MLflow on SQLite, the trainer and the API as processes of this machine."""

"""The most common kind of service: FastAPI, a pydantic model, a `def` endpoint, pyfunc on a DataFrame."""

import json
import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from fastapi import FastAPI
from pydantic import create_model

_columns = json.loads(Path(os.environ["MODEL_DESCRIPTION"]).read_text(encoding="utf-8"))
_types: dict[str, Any] = {
    name: (type(value), ...) for name, value in zip(_columns["columns"], _columns["rows"][0], strict=True)
}
Row = create_model("Row", **_types)

model = mlflow.pyfunc.load_model(os.environ["MODEL_FOLDER"])
app = FastAPI()


@app.get("/ready")
def ready() -> dict[str, bool]:
    """Always ready, because the model is loaded before the first request."""
    return {"ready": True}


@app.post("/predict")
def predict(row: Row) -> dict[str, float]:  # type: ignore[valid-type]  # made from the model's columns
    """Predict one row."""
    frame = pd.DataFrame([row.model_dump()])  # type: ignore[attr-defined]  # as above
    return {"prediction": float(model.predict(frame)[0])}

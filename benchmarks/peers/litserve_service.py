"""A LitServe service with batching and one worker."""

import os
import sys
from typing import Any

import joblib
import litserve
from rows import COLUMNS, table

_BATCH = 64
_WAIT_SECONDS = 0.001


class Model(litserve.LitAPI):  # type: ignore[misc]  # LitServe is installed in its own environment only
    """A service of one estimator."""

    def setup(self, _device: str) -> None:
        """Load the estimator in the worker."""
        self._model = joblib.load(os.environ["MODEL_JOBLIB"])

    def decode_request(self, request: dict[str, Any]) -> list[Any]:
        """Convert a JSON object to a row."""
        return [request[name] for name in COLUMNS]

    def batch(self, inputs: list[list[Any]]) -> Any:
        """Convert rows to the estimator's input."""
        return table(inputs)

    def predict(self, x: Any) -> list[float]:
        """Predict a batch."""
        predictions: list[float] = self._model.predict(x).tolist()
        return predictions

    def unbatch(self, output: list[float]) -> list[float]:
        """Split the predictions of a batch by request."""
        return output

    def encode_response(self, output: float) -> dict[str, float]:
        """Convert a prediction to a JSON object."""
        return {"prediction": output}


if __name__ == "__main__":
    server = litserve.LitServer(
        Model(max_batch_size=_BATCH, batch_timeout=_WAIT_SECONDS),
        accelerator="cpu",
        workers_per_device=1,
        timeout=False,
        fast_queue=True,
    )
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, log_level="warning", generate_client_file=False
    )

"""Models that are slow or fail in ways a real one does not on command, and the bundles that tests serve."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import skops.io
from sklearn.linear_model import LinearRegression

from src.service.content_digest import content_digest
from src.service.feature_profile import PROFILE_FILE, FeatureProfile
from src.service.flavors.computation import Computation
from src.service.prediction.encoders import Encoder, FrameEncoder, MatrixEncoder
from src.service.prediction.method import EstimatorMethod
from src.service.prediction.micro_batcher import SLOW_CALL_SECONDS
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import MODEL_FOLDER, Bundle, Check
from src.service.registry.client import ModelVersion
from src.service.schema.column import Column, Kind
from src.service.schema.validator import Schema

BAD = -1.0
"""The value that makes a `PickyEstimator` refuse its rows."""
FEATURES = tuple(Column(name, "number", "float64") for name in ("feature1", "feature2", "feature3"))
EXAMPLE = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
_KINDS: Mapping[str, Kind] = {"f": "number", "i": "integer", "b": "boolean", "O": "string", "M": "datetime"}


class DoublingEstimator:
    """Answers twice the first column, and remembers the size of each call.

    Attributes:
        calls: Rows of each call.
        overlapped: Whether two calls were ever in progress at once.
    """

    def __init__(self) -> None:
        """Start without calls."""
        self.calls: list[int] = []
        self.overlapped = False
        self._busy = threading.Lock()

    def predict(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Twice the first column."""
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
            self._busy.acquire()
        try:
            self.calls.append(len(data))
            return self.answer(data)
        finally:
            self._busy.release()

    def answer(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """What `predict` returns."""
        doubled: np.ndarray[Any, Any] = data[:, 0] * 2
        return doubled


class PickyEstimator(DoublingEstimator):
    """Refuses the whole call when one row of it is `BAD`, as scikit-learn's encoders do."""

    def answer(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Twice the first column, unless one is `BAD`."""
        if (data[:, 0] == BAD).any():
            raise ValueError("found an unknown category")
        return super().answer(data)


class BlockedEstimator(DoublingEstimator):
    """Blocks until it is released.

    Attributes:
        entered: Set while a call waits.
        release: Set it to let calls through.
    """

    def __init__(self) -> None:
        """Start blocked."""
        super().__init__()
        self.entered = threading.Event()
        self.release = threading.Event()

    def answer(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Twice the first column, after the release."""
        self.entered.set()
        self.release.wait(30)
        return super().answer(data)


class FailingEstimator:
    """Raises what it was given."""

    def __init__(self, error: Exception) -> None:
        """Keep the error."""
        self._error = error

    def predict(self, _data: Any) -> Any:
        """Raise."""
        raise self._error


class CentringEstimator:
    """Its predictions depend on the other rows of the call, so that it cannot be batched."""

    def predict(self, data: Any) -> Any:
        """The first column without its mean."""
        values = np.asarray(data, dtype="float64")[:, 0]
        return values - values.mean()


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true, for a minute at most."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the subject sets no event when it is there
            await asyncio.sleep(0.005)


def columns_of(data: pd.DataFrame) -> tuple[Column, ...]:
    """Required columns with the names and dtypes of a DataFrame."""
    return tuple(Column(str(name), _KINDS[dtype.kind], str(dtype)) for name, dtype in data.dtypes.items())


def bundle_of(columns: Sequence[Column] = FEATURES, **values: Any) -> Bundle:
    """A bundle that describes a model which is not on disk."""
    blank = Bundle(
        name="linear_regression_model",
        version="1",
        run_id="run",
        source="models:/m-1",
        model_file="model.skops",
        serialization_format="skops",
        predict_fn="predict",
        library_version="",
        named=False,
        columns=tuple(columns),
        example=EXAMPLE if columns is FEATURES else {},
        checks=(),
        logged=(),
        content_sha256="",
        digest_verified=True,
    )
    return replace(blank, **values)


def checked_bundle(estimator: Any, data: pd.DataFrame, rows: int = 5, **values: Any) -> Bundle:
    """The bundle of an estimator that was fitted on a DataFrame, checked with the first rows."""
    records = data.head(rows).to_dict(orient="records")
    answers = [np.asarray(estimator.predict(data.iloc[place : place + 1])).tolist()[0] for place in range(len(records))]
    checks = tuple(
        Check({str(name): value for name, value in record.items()}, answer)
        for record, answer in zip(records, answers, strict=True)
    )
    fixed = {"columns": columns_of(data), "named": True, "example": checks[0].row, "checks": checks}
    return bundle_of(**{**fixed, **values})


def model_of(
    estimator: Any,
    columns: Sequence[Column] = FEATURES,
    *,
    slow: bool = False,
    encoder: Encoder | None = None,
    **values: Any,
) -> LoadedModel:
    """A model in memory that was not verified.

    Args:
        estimator: Fitted, or a double.
        columns: Its columns.
        slow: Whether it counts as slow, so that it is called in a thread.
        encoder: How rows reach it; the quickest that fits without it.
        values: Other fields of its bundle.
    """
    bundle = bundle_of(columns, **values)
    quickest = MatrixEncoder(columns) if MatrixEncoder.fits(columns) else FrameEncoder(columns, named=bundle.named)
    return LoadedModel(
        bundle=bundle,
        schema=Schema(columns, bundle.example),
        method=EstimatorMethod(estimator, bundle.predict_fn, encoder or quickest),
        seconds_per_call=SLOW_CALL_SECONDS * (2 if slow else 0.5),
        loaded_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


def computed(model: LoadedModel, computation: Computation | None) -> LoadedModel:
    """The same model with a direct computation of its predictions."""
    return replace(model, method=replace(model.method, computation=computation))


def regression() -> LinearRegression:
    """A real regression: feature1 + 10 feature2 + 100 feature3."""
    data = np.random.default_rng(5).normal(0, 1, (40, 3))
    return LinearRegression().fit(data, data @ [1.0, 10.0, 100.0])


def version_of(number: str = "1", **values: str) -> ModelVersion:
    """A version in the registry."""
    fixed = {"run_id": "run", "source": f"models:/m-{number}", "content_sha256": ""}
    return ModelVersion(**{"name": "linear_regression_model", "version": number, **fixed, **values})


def write_bundle(
    folder: Path, estimator: Any, version: str = "1", profile: FeatureProfile | None = None, **values: Any
) -> Bundle:
    """Put a model and its description into a folder, as a fetch does."""
    (folder / MODEL_FOLDER).mkdir(parents=True)
    skops.io.dump(estimator, folder / MODEL_FOLDER / "model.skops")
    if profile is not None:
        (folder / MODEL_FOLDER / PROFILE_FILE).write_text(profile.to_json(), encoding="utf-8")
    if "checks" not in values:
        rows = [list(EXAMPLE.values())] * 2
        answers = estimator.predict(rows).tolist() if hasattr(estimator, "predict") else [0.0]
        values["checks"] = tuple(Check(EXAMPLE, answer) for answer in answers)
    bundle = bundle_of(version=version, content_sha256=content_digest(folder / MODEL_FOLDER), **values)
    bundle.write(folder)
    return bundle


class StubRegistry:
    """Answers the REST call of polling as a test configures it.

    Attributes:
        status: HTTP status.
        body: Body of the answer.
        model_body: Body of the answer about the model as a whole, where it differs.
        alias_bodies: Bodies of the answers about single aliases, where they differ.
        requests: Path and headers of each request.
    """

    def __init__(self) -> None:
        """Answer an empty object."""
        self.status = 200
        self.body = b"{}"
        self.model_body: bytes | None = None
        self.alias_bodies: dict[str, bytes] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def point_at(self, version: ModelVersion, alias: str = "") -> None:
        """Answer like MLflow when an alias points at a version: this one, or every one without an answer of its own."""
        found = {"name": version.name, "version": version.version, "run_id": version.run_id, "source": version.source}
        tags = [{"key": "content_sha256", "value": version.content_sha256}]
        body = json.dumps({"model_version": {**found, "tags": tags}}).encode()
        self.status = 200
        if alias:
            self.alias_bodies[alias] = body
        else:
            self.body = body

    def challenge_with(self, version: ModelVersion | None, champion: str = "1", **tags: str) -> None:
        """Answer like MLflow when the challenger's alias points at a version, or at none, and the model has tags."""
        aliases = [{"alias": "champion", "version": champion}]
        if version is not None:
            aliases.append({"alias": "challenger", "version": version.version})
        values = [{"key": name, "value": value} for name, value in tags.items()]
        self.model_body = json.dumps({"registered_model": {"name": "m", "aliases": aliases, "tags": values}}).encode()
        if version is not None:
            self.point_at(version)

    @contextmanager
    def listening(self) -> Iterator[StubRegistry]:
        """Serve on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.requests.append((self.path, dict(self.headers)))
                whole = stub.model_body is not None and "/registered-models/get?" in self.path
                alias = parse_qs(urlsplit(self.path).query).get("alias", [""])[0]
                body = (stub.model_body or b"") if whole else stub.alias_bodies.get(alias, stub.body)
                self.send_response(stub.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

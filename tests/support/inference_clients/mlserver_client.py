"""Encodes and sends jobs with MLServer's codecs: `{"url", "inputs", "outputs", "codec"}`."""

import json
import urllib.request
from typing import Any

import numpy as np
import pandas as pd
from inference_clients.job_lines import answer_jobs, array_of
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse, RequestOutput


def encoded(job: dict[str, Any]) -> InferenceRequest:
    """The request that a codec makes of a table or of an array."""
    arrays = {given["name"]: array_of(given) for given in job["inputs"]}
    if job["codec"] == "numpy":
        (array,) = arrays.values()
        return NumpyRequestCodec.encode_request(array)
    columns = {name: pd.Series(array.ravel(), dtype=array.dtype) for name, array in arrays.items()}
    return PandasCodec.encode_request(pd.DataFrame(columns), use_bytes=False)


def infer(job: dict[str, Any]) -> dict[str, Any]:
    """The values of each output, row after row."""
    message = encoded(job)
    message.outputs = [RequestOutput(name=name) for name in job["outputs"]] or None
    body = message.model_dump_json().encode()
    request = urllib.request.Request(job["url"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        response = InferenceResponse.model_validate(json.load(answer))
    outputs = {output.name: NumpyCodec.decode_output(output) for output in response.outputs}
    return {"outputs": {name: np.asarray(array).ravel().tolist() for name, array in outputs.items()}}


answer_jobs(infer)

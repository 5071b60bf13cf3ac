"""Sends jobs with KServe's client: `{"url", "model", "inputs", "outputs", "binary"}`."""

import asyncio
from typing import Any

from inference_clients.job_lines import answer_jobs, array_of
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from kserve.utils.numpy_codec import from_np_dtype


async def infer(job: dict[str, Any]) -> dict[str, Any]:
    """The values of each output, row after row."""
    inputs = []
    for given in job["inputs"]:
        array = array_of(given)
        found = InferInput(given["name"], list(array.shape), from_np_dtype(array.dtype))
        found.set_data_from_numpy(array, binary_data=job["binary"])
        inputs.append(found)
    outputs = [RequestedOutput(name, {"binary_data": job["binary"]}) for name in job["outputs"]]
    request = InferRequest(job["model"], inputs, request_outputs=outputs)
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        health = [
            await client.is_server_live(job["url"]),
            await client.is_server_ready(job["url"]),
            await client.is_model_ready(job["url"], job["model"]),
        ]
        response = await client.infer(job["url"], request, model_name=job["model"])
    return {
        "health": health,
        "outputs": {output.name: output.as_numpy().ravel().tolist() for output in response.outputs},
    }


answer_jobs(lambda job: asyncio.run(infer(job)))

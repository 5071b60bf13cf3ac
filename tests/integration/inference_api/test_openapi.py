"""The live OpenAPI description and the service say the same."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import description_check
import pytest
from every_column import register_classifier
from service_log import faults
from service_process import Service

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about what is not the subject.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]

Serve = Callable[..., Service]
COMMAND = Path(description_check.__file__)
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 50


@pytest.fixture(scope="module")
def classifier(mlflow_server: str, serve: Serve) -> Service:
    """A service with a classifier of columns of every type, one of them optional."""
    register_classifier(mlflow_server, "described")
    service = serve("described", MODEL_POLL_SECONDS="60")
    service.wait_ready()
    return service


def test_every_response_is_described(classifier: Service, tmp_path: Path) -> None:
    """Generated requests, valid and invalid, get a response that the description has, and none is a fault."""
    done = subprocess.run(
        [
            *(sys.executable, str(COMMAND)),
            *("--config-file", str(CONFIG), "--no-color", "run", f"{classifier.url}/openapi.json"),
            *("--checks", "all", "--max-examples", str(EXAMPLES), "--continue-on-failure"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert faults(classifier.log, 0) == []


def test_examples_are_answered(classifier: Service) -> None:
    """Every example of a request in the description gets a prediction, as it stands."""
    document = classifier.client.get("/openapi.json").json()
    answered = 0
    for path, operations in document["paths"].items():
        for media_type, content in operations.get("post", {}).get("requestBody", {}).get("content", {}).items():
            examples = [example["value"] for example in content.get("examples", {}).values()]
            for example in [*examples, content["example"]] if "example" in content else examples:
                body = example if media_type == "text/csv" else json.dumps(example)
                parameters = {each["name"]: each.get("example") for each in operations["post"].get("parameters", [])}
                answer = classifier.client.post(
                    path.format_map(parameters), content=body, headers={"Content-Type": media_type}
                )
                assert (answer.status_code, answer.headers["X-Model-Version"]) == (200, "1"), (path, example)
                answered += 1
    assert answered >= 9

"""Downloading a version's files from the tracking server, or with MLflow's client."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mlflow.artifacts
import pytest
from corporate_proxy import corporate_proxy

from src.errors import ModelError, ModelRefusedError
from src.service.fetching import download as module
from src.service.fetching.download import download
from src.service.fetching.request import FetchRequest


class ScriptedProxy:
    """Replaces the client for files that the tracking server delivers.

    Attributes:
        hands_out: Whether it has the files.
        names: Files that it writes.
    """

    def __init__(self) -> None:
        """Create the double with an MLmodel file."""
        self.hands_out = True
        self.names = ["MLmodel"]
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, base_url: str, headers: dict[str, str]) -> "ScriptedProxy":
        """Accept the arguments of the client."""
        self.asked.append((base_url, headers))
        return self

    def download(self, _name: str, _version: str, folder: Path) -> bool:
        """Write the files."""
        for name in self.names if self.hands_out else []:
            (folder / name).write_text("from the proxy")
        return self.hands_out


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """MLflow's client is configured by the environment, which is restored afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> ScriptedProxy:
    """A proxy with scripted answers."""
    double = ScriptedProxy()
    monkeypatch.setattr(module, "ArtifactClient", double)
    return double


REQUEST = FetchRequest(
    tracking_uri="http://127.0.0.1:9",
    name="model",
    version="3",
    run_id="run",
    source="models:/m-3",
    content_sha256="",
    allow_pickle=False,
    destination="",
    headers={"Authorization": "Bearer t"},
)


def test_from_the_proxy(proxy: ScriptedProxy, tmp_path: Path) -> None:
    """When the tracking server delivers the files, MLflow's client is not used."""
    assert download(REQUEST, tmp_path) == tmp_path / "model"
    assert (tmp_path / "model" / "MLmodel").read_text() == "from the proxy"
    assert proxy.asked == [("http://127.0.0.1:9", {"Authorization": "Bearer t"})]


def test_from_elsewhere(proxy: ScriptedProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that it does not deliver are downloaded by MLflow's client, by the version's name."""
    proxy.hands_out = False
    uris = []

    def deliver(artifact_uri: str, dst_path: str) -> None:
        uris.append(artifact_uri)
        (Path(dst_path) / "MLmodel").write_text("from the client")

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", deliver)
    assert (download(REQUEST, tmp_path) / "MLmodel").read_text() == "from the client"
    assert uris == ["models:/model/3"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # MLflow's client does not close its refused connection
def test_client_that_gets_no_answer(proxy: ScriptedProxy, tmp_path: Path) -> None:
    """MLflow's client does not retry for minutes, and its error is one sentence."""
    proxy.hands_out = False
    with pytest.raises(ModelError, match="the model cannot be downloaded: ") as caught:
        download(REQUEST, tmp_path)
    assert len(caught.value.detail) < 400


def test_client_behind_a_proxy(proxy: ScriptedProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's client gets the hosts that need no proxy; an error names the proxy without its password."""
    proxy.hands_out = False
    with corporate_proxy() as corporate:
        monkeypatch.setenv("HTTP_PROXY", corporate.url)
        with pytest.raises(ModelError, match=rf"; asked through the proxy {corporate.address} \(") as caught:
            download(replace(REQUEST, tracking_uri="http://mlflow.example"), tmp_path)
    assert "gehe" not in caught.value.detail
    assert "minio" in os.environ["no_proxy"].split(",")


def test_no_model(proxy: ScriptedProxy, tmp_path: Path) -> None:
    """Files without an MLmodel file are refused."""
    proxy.names = ["README"]
    with pytest.raises(ModelRefusedError, match="no MLmodel file"):
        download(REQUEST, tmp_path)

"""Downloading files over MLflow's REST API from a server that may be broken or malicious."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from corporate_proxy import corporate_proxy
from service_process import free_port

from src.errors import ModelError, ModelRefusedError
from src.service.fetching import artifact_client
from src.service.fetching.artifact_client import ArtifactClient

ROOT = "1/models/m-1/artifacts"
Answer = tuple[int, bytes, int | None]


class StubServer:
    """Answers as MLflow's artifact proxy does, or as a test configures it.

    Attributes:
        location: Where the registry says the version's files are.
        files: Content of each file below the root.
        answers: Other answers, by path.
        requests: Path and headers of each request.
    """

    def __init__(self) -> None:
        """Create a version with two files, one in a folder with an unusual name."""
        self.location = f"mlflow-artifacts:/{ROOT}"
        self.files = {"MLmodel": b"flavors:\n", "data ñ/x #1%.bin": bytes(range(256)) * 1000}
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""

    def answer(self, target: str) -> Answer:
        """Status, body and declared length."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        if path in self.answers:
            return self.answers[path]
        if path.endswith("get-download-uri"):
            return 200, json.dumps({"artifact_uri": self.location}).encode(), None
        if parts.query:
            return 200, json.dumps(self._listing(parse_qs(parts.query)["path"][0])).encode(), None
        return 200, self.files[path.partition(f"/artifacts/{ROOT}/")[2]], None

    def _listing(self, folder: str) -> dict[str, Any]:
        inside = [name for name in (f"{ROOT}/{file}" for file in self.files) if name.startswith(f"{folder}/")]
        found = sorted({name[len(folder) + 1 :].partition("/")[::2] for name in inside})
        entries = {name: bool(rest) for name, rest in found}
        return {"files": [{"path": name, "is_dir": is_dir} for name, is_dir in entries.items()]} if entries else {}

    def handler(self) -> Callable[..., BaseHTTPRequestHandler]:
        """What the HTTP server calls."""
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.requests.append((self.path, dict(self.headers)))
                status, body, length = stub.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def server() -> Iterator[StubServer]:
    """A listening stub."""
    stub = StubServer()
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), stub.handler())
    stub.url = f"http://127.0.0.1:{http_server.server_port}"
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield stub
    http_server.shutdown()
    thread.join()
    http_server.server_close()


def download(server: StubServer, folder: Path) -> bool:
    """Fetch the version."""
    return ArtifactClient(server.url, {"Authorization": "Bearer t"}).download("a b/ñ", "3", folder)


def found(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_files(server: StubServer, tmp_path: Path) -> None:
    """Every file is downloaded completely under its path; each request has the credentials."""
    assert download(server, tmp_path)
    assert found(tmp_path) == server.files
    assert server.requests[0][0].endswith("?name=a+b%2F%C3%B1&version=3")
    assert {headers["Authorization"] for _path, headers in server.requests} == {"Bearer t"}


@pytest.mark.parametrize(
    "location", ["s3://bucket/m-1", "file:///m-1", "dbfs:/m-1", "/m-1", "mlflow-artifacts://other:5000/1", ""]
)
def test_files_elsewhere(location: str, server: StubServer, tmp_path: Path) -> None:
    """Files that the server does not deliver are left to MLflow's client; nothing is written."""
    server.location = location
    assert not download(server, tmp_path)
    assert found(tmp_path) == {}


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../x", "/etc/passwd", "a\\b", "a\0b", 5, None])
@pytest.mark.parametrize("is_dir", [True, False])
def test_unsafe_names(name: Any, is_dir: bool, server: StubServer, tmp_path: Path) -> None:  # noqa: FBT001
    """A name that is a path, or is empty, is refused; nothing is written outside of the folder."""
    listing = {"files": [{"path": name, "is_dir": is_dir}]}
    server.answers["/api/2.0/mlflow-artifacts/artifacts"] = (200, json.dumps(listing).encode(), None)
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelRefusedError, match="hold a file of the name"):
        download(server, tmp_path / "model")
    assert found(tmp_path) == {}


def test_too_many_files(server: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that contains itself, or too many files, is refused."""
    monkeypatch.setattr(artifact_client, "MAX_ENTRIES", 20)
    listing = {"files": [{"path": "again", "is_dir": True}]}
    server.answers["/api/2.0/mlflow-artifacts/artifacts"] = (200, json.dumps(listing).encode(), None)
    with pytest.raises(ModelRefusedError, match="more than 20 files"):
        download(server, tmp_path)


def test_too_large(server: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that exceed the limit of size together are refused before the disk is full."""
    monkeypatch.setattr(artifact_client, "MAX_BYTES", 100_000)
    with pytest.raises(ModelRefusedError, match="larger than"):
        download(server, tmp_path)
    assert sum(map(len, found(tmp_path).values())) <= 100_000


BROKEN: list[tuple[str, Answer, str]] = [
    ("/api/2.0/mlflow/model-versions/get-download-uri", (200, b"<html>", None), "does not answer like MLflow"),
    ("/api/2.0/mlflow/model-versions/get-download-uri", (200, b"[]", None), "does not answer like MLflow"),
    ("/api/2.0/mlflow/model-versions/get-download-uri", (200, b"{}", None), "does not answer like MLflow"),
    (
        "/api/2.0/mlflow/model-versions/get-download-uri",
        (404, b'{"message": "no such\\nversion"}', None),
        "MLflow answered 404: no such$",
    ),
    ("/api/2.0/mlflow-artifacts/artifacts", (503, b"the proxy is off", None), "MLflow answered 503: the proxy is off"),
    (f"/api/2.0/mlflow-artifacts/artifacts/{ROOT}/MLmodel", (200, b"short", 50), "MLmodel ended after 5 of 50 bytes"),
    (f"/api/2.0/mlflow-artifacts/artifacts/{ROOT}/MLmodel", (500, b"", None), "MLflow answered 500"),
]


@pytest.mark.parametrize(("path", "answer", "reason"), BROKEN)
def test_broken_server(path: str, answer: Answer, reason: str, server: StubServer, tmp_path: Path) -> None:
    """A fault of the server is a temporary error with a reason: the version is not refused."""
    server.answers[path] = answer
    with pytest.raises(ModelError, match=f"the model cannot be downloaded: .*{reason}") as caught:
        download(server, tmp_path)
    assert type(caught.value) is ModelError


def test_no_server(tmp_path: Path) -> None:
    """Without a server the reason is that of the connection."""
    with pytest.raises(ModelError, match=r"the model cannot be downloaded: .*Connection refused"):
        ArtifactClient(f"http://127.0.0.1:{free_port()}", {}).download("m", "1", tmp_path)


def test_local_server_without_the_proxy(server: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY without NO_PROXY has no effect for loopback."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("urllib.request._opener", None)  # urlopen reads the environment once in a process
    assert download(server, tmp_path)
    assert found(tmp_path) == server.files


@pytest.mark.parametrize(
    ("status", "page", "said"),
    [
        (200, b"<html>", "the server does not answer like MLflow"),
        (403, b"<html>", "HTTP 403 Forbidden"),
        (503, b'{"message": "the database is down"}', "MLflow answered 503: the database is down"),
    ],
)
def test_error_page_of_a_proxy(
    status: int, page: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the proxy without its password; the proxy's page is not taken for MLflow's answer."""
    with corporate_proxy(status, page) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(ModelError, match=rf": {said}; asked through the proxy {proxy.address} \(HTTP_PROXY\)"):
            ArtifactClient("http://mlflow.example", {}).download("m", "1", tmp_path)

"""The bucket job, with boto3 and a small S3 server on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from corporate_proxy import VARIABLES, corporate_proxy
from service_process import free_port

import create_bucket
from storage import BucketError, Storage


class FakeS3(ThreadingHTTPServer):
    """An S3 server with buckets and one access key; answers 503 to its first `busy` requests."""

    daemon_threads = True

    def __init__(self, *, busy: int = 0) -> None:
        """Listen on a free port of loopback."""
        super().__init__(("127.0.0.1", 0), FakeS3Handler)
        self.buckets: set[str] = set()
        self.busy = busy
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class FakeS3Handler(BaseHTTPRequestHandler):
    """HEAD and PUT of a bucket; 403 for another access key."""

    server: FakeS3

    def do_HEAD(self) -> None:
        """200 for a bucket that exists, else 404."""
        self._send(self._status(200 if self._bucket in self.server.buckets else 404))

    def do_PUT(self) -> None:
        """Create the bucket, then answer."""
        status = self._status(200)
        if status == 200:
            self.server.buckets.add(self._bucket)
        self._send(status)

    @property
    def _bucket(self) -> str:
        return self.path.strip("/")

    def _status(self, status: int) -> int:
        self.server.requests.append(f"{self.command} {self._bucket}")
        if self.server.busy:
            self.server.busy -= 1
            return 503
        return status if "Credential=admin/" in self.headers["Authorization"] else 403

    def _send(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output clean."""


@pytest.fixture(autouse=True)
def _without_proxy_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxy variables of this machine."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def s3() -> Iterator[FakeS3]:
    """A server that runs for one test."""
    with FakeS3() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def storage(server: FakeS3, access_key: str = "admin") -> Storage:
    """The bucket job's settings for this server."""
    return Storage("mlflow-artifacts", access_key, "supersecret", endpoint=server.url)


def test_a_missing_bucket_is_created_once(s3: FakeS3) -> None:
    """The job may run again at every `up`: it creates the bucket once."""
    create_bucket.create_bucket(storage(s3), wait=5)
    create_bucket.create_bucket(storage(s3), wait=5)

    assert s3.buckets == {"mlflow-artifacts"}
    assert s3.requests == ["HEAD mlflow-artifacts", "PUT mlflow-artifacts", "HEAD mlflow-artifacts"]


def test_a_server_that_is_not_ready_is_waited_for(s3: FakeS3) -> None:
    """The job tries again after 503, which MinIO answers while it starts."""
    s3.busy = 3
    create_bucket.create_bucket(storage(s3), wait=30)

    assert s3.buckets == {"mlflow-artifacts"}


def test_a_refused_key_ends_the_job(s3: FakeS3) -> None:
    """A key that the server does not know ends the job without waiting; the message says what to set."""
    with pytest.raises(BucketError, match=r"'AKIAOTHER'.*must be MINIO_ROOT_USER.*shell first"):
        create_bucket.create_bucket(storage(s3, access_key="AKIAOTHER"), wait=60)


def test_a_server_that_never_answers_is_named(s3: FakeS3) -> None:
    """After the waiting time the message names the bucket and the server, but not the secret."""
    s3.shutdown()
    s3.server_close()
    with pytest.raises(BucketError, match=f"bucket 'mlflow-artifacts' at {s3.url}: no answer within 0 s") as raised:
        create_bucket.create_bucket(storage(s3), wait=0)
    assert "supersecret" not in str(raised.value)


def test_an_invalid_bucket_name_is_an_error(s3: FakeS3) -> None:
    """For a bucket name with a space the message names the variable."""
    with pytest.raises(BucketError, match="MLFLOW_BUCKET_NAME"):
        create_bucket.create_bucket(Storage("no name", "admin", "supersecret", endpoint=s3.url), wait=5)


def test_a_loopback_server_is_reached_without_the_proxy(s3: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY without NO_PROXY has no effect on loopback."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    create_bucket.create_bucket(storage(s3), wait=5)

    assert s3.buckets == {"mlflow-artifacts"}


@pytest.mark.parametrize("status", [200, 403, 404, 407])
def test_an_answer_of_a_proxy_is_not_one_of_s3(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a proxy is neither a bucket nor a refused key: the message names the proxy and what to do."""
    elsewhere = Storage("mlflow-artifacts", "admin", "supersecret", endpoint="http://s3.example:9000")
    with corporate_proxy(status) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(BucketError) as raised:
            create_bucket.create_bucket(elsewhere, wait=0)

    assert str(raised.value) == (
        f"bucket 'mlflow-artifacts' at http://s3.example:9000: HTTP {status} is no answer of S3; asked through the "
        f"proxy {proxy.address} (HTTP_PROXY): if s3.example needs no proxy, add s3.example to NO_PROXY"
    )


def test_a_redirect_to_a_login_page_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 takes it for a redirect to another region and repeats the request until a RecursionError."""
    elsewhere = Storage("mlflow-artifacts", "admin", "supersecret", endpoint="http://s3.example:9000")
    with corporate_proxy(302) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(BucketError, match=rf"a redirect is no answer of S3; .* the proxy {proxy.address}"):
            create_bucket.create_bucket(elsewhere, wait=0)


def test_an_unreachable_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the proxy without its password."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://ana:geheim@{address}")
    amazon = Storage("mlflow-artifacts", "admin", "supersecret")
    with pytest.raises(BucketError, match=rf"no answer within 0 s: .*the proxy {address} \(HTTPS_PROXY\)") as raised:
        create_bucket.create_bucket(amazon, wait=0)

    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("no_proxy", ["s3.example", ".example", "*"])
def test_no_proxy_is_respected(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hosts of NO_PROXY are reached directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert Storage("b", "k", "s", endpoint="http://s3.example:9000").proxy is None
    assert Storage("b", "k", "s", endpoint="http://minio:9000").proxy is None

"""What the gateway asks of clients when `.env` says so: keys, a rate, TLS, origins. README and docs/security.md."""

import hashlib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import pytest

from tests.e2e.compose_stack import SAMPLE, Stack
from tests.e2e.steady_load import SteadyLoad

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TLS_PORT = 18443
RATE = 60
CONNECTIONS = 40
ORIGIN = "https://panel.example"
KEYS = {"ana": "key-of-ana", "equipo-2": "key-of-the-team", "lento": "key-of-a-slow-one"}
SHAPE = {"error", "detail", "fields"}
WITHIN_SECONDS = 20


def key_lines(*names: str) -> str:
    """The file of keys for these names."""
    return "".join(f"{name}:{hashlib.sha256(KEYS[name].encode()).hexdigest()}\n" for name in names)


def write_certificate(file: Path, name: str, *, key_of_another: bool = False) -> None:
    """Write a self-signed certificate with its key, as PEM."""
    parts: list[str] = []
    for _ in range(2 if key_of_another else 1):
        elliptic = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
        made = subprocess.run(
            ["openssl", "req", "-x509", *elliptic, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", "-"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        parts.append(made)
    key, certificate = (part[part.index("-----BEGIN") :] for part in _split(parts[0]))
    if key_of_another:
        key, _ = (part[part.index("-----BEGIN") :] for part in _split(parts[1]))
    file.write_text(certificate + key)


def _split(pem: str) -> tuple[str, str]:
    place = pem.index("-----BEGIN CERTIFICATE")
    return pem[:place], pem[place:]


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def start_gateway(stack: Stack, settings: dict[str, str]) -> None:
    """Give the gateway these settings and wait until it has found the replicas."""
    (stack.checkout / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    stack.compose("up", "-d", "--no-deps", "gateway")
    assert eventually(lambda: _is_ready(stack))


def _is_ready(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/ready", timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def guarded(compose_stack: Stack) -> Iterator[Stack]:
    """A stack whose gateway asks for keys, limits their rate, and speaks TLS."""
    compose_stack.ensure_serving()
    secrets = compose_stack.checkout / "secrets"
    (secrets / "api-keys").write_text(key_lines("ana", "equipo-2"))
    write_certificate(secrets / "server.pem", "first.example")
    settings = {
        "API_KEYS_FILE": "api-keys",
        "RATE_LIMIT": str(RATE),
        "GATEWAY_LOG": "all",
        "TLS_CERTIFICATE": "server.pem",
        "API_TLS_PUBLISH": f"127.0.0.1:{TLS_PORT}",
        "CORS_ORIGINS": f"'https://other.example {ORIGIN}'",
    }
    try:
        start_gateway(compose_stack, settings)
        yield compose_stack
    finally:
        (compose_stack.checkout / ".env").unlink()
        for file in ("api-keys", "server.pem"):
            (secrets / file).unlink()
        compose_stack.start_servers()
        compose_stack.wait_until_serving()


@pytest.fixture
def client(guarded: Stack) -> Iterator[httpx.Client]:
    """A client of the TLS port that knows no certificate."""
    assert guarded
    with httpx.Client(base_url=f"https://127.0.0.1:{TLS_PORT}", verify=False, timeout=10) as opened:
        yield opened


def keyed(name: str) -> dict[str, str]:
    """The header of this name's key."""
    return {"X-API-Key": KEYS[name]}


def test_a_thousand_slow_clients_harm_no_other(stack: Stack) -> None:
    """While a thousand connections send a byte of their head now and then, all other requests are answered."""
    with ExitStack() as opened:
        slow = [
            opened.enter_context(socket.create_connection(("127.0.0.1", _plain_port(stack)), timeout=5))
            for _ in range(1000)
        ]
        for connection in slow:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nX-Slow: ")
        with SteadyLoad(stack.url, rate=100) as load:
            for connection in slow:
                connection.sendall(b"a")
            load.send(400)
    assert load.outcomes == {"200": load.outcomes.total()}, load.failures


def test_a_prediction_needs_a_key(client: httpx.Client) -> None:
    """Either header is accepted; without a valid key the answer is 401 in the shape of all errors."""
    invalid: list[dict[str, str]] = [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}, keyed("lento")]
    for headers in invalid:
        refused = client.post("/predict", json=SAMPLE, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
        assert refused.json().keys() == SHAPE
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    for headers in (keyed("ana"), {"Authorization": f"Bearer {KEYS['ana']}"}):
        assert client.post("/predict", json=SAMPLE, headers=headers).status_code == 200
    for path in ("/health", "/ready", "/model", "/metrics"):
        assert client.get(path).status_code == 200


def test_the_log_names_the_key_s_owner(guarded: Stack, client: httpx.Client) -> None:
    """With GATEWAY_LOG=all each request is logged with the key's name, and none with the key."""
    assert client.post("/predict", json=SAMPLE, headers=keyed("equipo-2")).is_success
    assert eventually(lambda: '"equipo-2"' in guarded.compose("logs", "--no-color", "gateway").stdout)
    said = guarded.compose("logs", "--no-color", "gateway").stdout
    assert not any(key in said for key in KEYS.values())


def test_keys_change_while_requests_arrive(guarded: Stack, client: httpx.Client) -> None:
    """A new key counts, and a removed one does not, without a restart; no request of another client fails."""
    file = guarded.checkout / "secrets" / "api-keys"
    [before] = guarded.containers_of("gateway")
    address = f"http://127.0.0.1:{_plain_port(guarded)}"
    assert address == guarded.url
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(_predictions, 200)
        file.write_text(key_lines("ana", "equipo-2", "lento"))
        assert eventually(lambda: client.post("/predict", json=SAMPLE, headers=keyed("lento")).is_success)
        file.write_text("no key at all\n" + key_lines("ana", "equipo-2"))
        assert eventually(lambda: client.post("/predict", json=SAMPLE, headers=keyed("lento")).status_code == 401)
        assert load.result() == [200] * 200
    [after] = guarded.containers_of("gateway")
    assert after["State"]["StartedAt"] == before["State"]["StartedAt"]
    assert "line 1: is not name:sha256" in guarded.compose("logs", "--no-color", "gateway").stdout


def _plain_port(stack: Stack) -> int:
    return int(stack.url.rpartition(":")[2])


def _predictions(count: int) -> list[int]:
    """Predictions on one connection that stays open, some 30 a second; returns their statuses."""
    found = []
    context = ssl._create_unverified_context()
    connection = HTTPSConnection("127.0.0.1", TLS_PORT, timeout=10, context=context)
    headers = {"Content-Type": "application/json", **keyed("equipo-2")}
    connection.connect()
    opened = connection.sock
    for _ in range(count):
        connection.request("POST", "/predict", b'{"feature1":5.3,"feature2":2.1,"feature3":0.8}', headers)
        answer = connection.getresponse()
        answer.read()
        found.append(answer.status)
        time.sleep(1 / 30)
    assert connection.sock is opened
    connection.close()
    return found


def test_the_rate_of_a_key_is_limited(client: httpx.Client) -> None:
    """Beyond the rate a key gets 429 with Retry-After; another key is not affected."""
    statuses = [client.post("/predict", json=SAMPLE, headers=keyed("ana")).status_code for _ in range(4 * RATE)]
    limited = client.post("/predict", json=SAMPLE, headers=keyed("ana"))
    assert set(statuses) == {200, 429}
    assert statuses[:RATE].count(200) == RATE
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    assert limited.json().keys() == SHAPE
    assert client.post("/predict", json=SAMPLE, headers=keyed("equipo-2")).status_code == 200
    assert eventually(lambda: client.post("/predict", json=SAMPLE, headers=keyed("ana")).is_success)


def test_http_redirects_to_https(guarded: Stack) -> None:
    """The plain port keeps method, path and query (308); liveness and readiness stay there for the health checks."""
    answer = httpx.post(f"{guarded.url}/predict?probabilities=false", json=SAMPLE, headers=keyed("ana"), timeout=10)
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"https://127.0.0.1:{TLS_PORT}/predict?probabilities=false"
    assert httpx.get(f"{guarded.url}/ready", timeout=10).status_code == 200


def test_a_renewed_certificate_is_used(guarded: Stack) -> None:
    """New connections get the new certificate; a damaged file, and one with another's key, change nothing."""
    file = guarded.checkout / "secrets" / "server.pem"
    file.write_text("junk\n")
    assert eventually(lambda: _kept_certificates(guarded) == 1)
    assert _subject() == "first.example"
    write_certificate(file, "no.example", key_of_another=True)
    assert eventually(lambda: _kept_certificates(guarded) == 2)
    assert _subject() == "first.example"
    write_certificate(file, "second.example")
    assert eventually(lambda: _subject() == "second.example")
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        assert bool(_subject(version)) is accepted


def _kept_certificates(stack: Stack) -> int:
    """How often the gateway has refused a certificate file."""
    return stack.compose("logs", "--no-color", "gateway").stdout.count("the earlier one stays")


def _subject(*options: str) -> str:
    done = subprocess.run(
        ["openssl", "s_client", *options, "-connect", f"127.0.0.1:{TLS_PORT}"],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    return next(
        (line.rpartition("=")[2].strip() for line in done.stdout.splitlines() if line.startswith("subject")), ""
    )


def test_only_listed_origins_may_read_answers(client: httpx.Client) -> None:
    """A page of a listed origin may send its key and read the answer; any other gets no permission."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,content-type"}
    allowed = client.options("/predict", headers={"Origin": ORIGIN, **asks})
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert "X-API-Key" in allowed.headers["Access-Control-Allow-Headers"]
    answer = client.post("/predict", json=SAMPLE, headers={"Origin": ORIGIN, **keyed("equipo-2")})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert answer.headers["Vary"] == "Origin"
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example"):
        refused = client.options("/predict", headers={"Origin": origin, **asks})
        assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.fixture(scope="module")
def closed(guarded: Stack) -> Stack:
    """The same with keys for everything, and a limit of connections from one address."""
    start_gateway(
        guarded,
        {"API_KEYS_FILE": "api-keys", "API_KEYS_FOR": "all", "CONNECTION_LIMIT": str(CONNECTIONS)},
    )
    return guarded


def test_all_can_need_a_key(closed: Stack) -> None:
    """With API_KEYS_FOR=all only liveness and readiness are answered without a key."""
    with httpx.Client(base_url=closed.url, timeout=10) as client:
        for path in ("/", "/model", "/metrics", "/docs", "/openapi.json", "/v2", "/version", "/health/", "//health"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers=keyed("ana")).status_code != 401
        for path in ("/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"):
            assert client.get(path).status_code == 200
            assert client.post(path).status_code == 401


def test_connections_of_one_address_are_limited(closed: Stack) -> None:
    """Beyond the limit a new connection is closed at once, so that one address cannot take them all."""
    with ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection(("127.0.0.1", _plain_port(closed)), timeout=5))
            for _ in range(CONNECTIONS + 10)
        ]
        time.sleep(1)
        assert sum(map(_is_closed, connections)) == 10
    assert eventually(lambda: _is_ready(closed))


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.2)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True

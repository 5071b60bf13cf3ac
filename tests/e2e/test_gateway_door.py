"""What the gateway asks of clients when `.env` says so: keys, a rate, TLS, origins. README and docs/security.md."""

import asyncio
import base64
import hashlib
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import pytest
from certificates import write_certificate
from fuzzing.client import Door
from fuzzing.plans import Plans
from fuzzing.run import ask_known, requests_wanted, seed, send_requests
from protocol_bodies import ProtocolBodies
from wire import Client

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
BODY = json.dumps(SAMPLE).encode()
_LENGTH = f"Host: x\r\nContent-Length: {len(BODY)}"
_SMUGGLED = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
# Requests that some programs read otherwise than others; the first ones are predictions in another dress.
ODD_REQUESTS = [
    (f"POST /predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /predict?probabilities=false HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /predict/ HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /%70redict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST http://x/predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /predict HTTP/1.0\r\n{_LENGTH}", BODY),
    (f"POST /predict HTTP/1.1\r\nConnection: X-API-Key\r\n{_LENGTH}", BODY),
    ("POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)),
    (f"POST //predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /health/../predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST http://evil.example/predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"post /predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"PUT /predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"GET /predict HTTP/1.1\r\nX-HTTP-Method-Override: POST\r\n{_LENGTH}", BODY),
    (f"CONNECT /predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"TRACE /predict HTTP/1.1\r\n{_LENGTH}", BODY),
    (f"POST /predict HTTP/1.1\r\n{_LENGTH}\r\nContent-Length: 2", BODY),
    (f"POST /predict HTTP/1.1\r\n{_LENGTH}\r\nTransfer-Encoding: xchunked", BODY),
    ("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + _SMUGGLED),
    (f"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: {len(_SMUGGLED)}", _SMUGGLED),
]
VALID = set(range(8))
GENERATED_REQUESTS = 2000
GROWTH_MIB = 32  # as tests/integration/inference_api/conformance/test_generated_requests.py
LONG_BODY = 100_000


def key_lines(*names: str) -> str:
    """The file of keys for these names."""
    return "".join(f"{name}:{hashlib.sha256(KEYS[name].encode()).hexdigest()}\n" for name in names)


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


def as_password(key: str) -> str:
    """A key as a browser sends it, behind any user name."""
    return "Basic " + base64.b64encode(f"me:{key}".encode()).decode()


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


def test_generated_requests(stack: Stack) -> None:
    """Through the gateway no generated request gets a fault, and valid ones between them get their exact responses."""
    _send_generated(stack)


def _send_generated(stack: Stack, key: str = "") -> None:
    """Send generated requests, some without the key, and check every response and the memory of the API."""
    start = datetime.now(UTC).isoformat()
    headers = {"X-API-Key": key} if key else {}
    serving = httpx.get(f"{stack.url}/model", headers=headers, timeout=10).json()
    model = ProtocolBodies(serving["name"], SAMPLE, dict.fromkeys(SAMPLE, "FP64"), str(serving["version"]))
    door = Door("127.0.0.1", _plain_port(stack), answers_in_order=True, may_end_silently=True, needs_key=bool(key))
    known = ask_known(door, model, f"X-API-Key: {key}".encode() if key else None)
    plans = Plans(model, known, seed(), key.encode() or None)
    [api] = stack.containers_of("fastapi-app")
    status = Path(f"/proc/{api['State']['Pid']}/status")
    summary = asyncio.run(
        send_requests(door, plans, requests_wanted(GENERATED_REQUESTS), lambda: _resident_mib(status))
    )
    assert not summary.failures, "\n".join(summary.failures)
    assert summary.memory[-1] - summary.memory[0] < GROWTH_MIB, summary.memory
    assert " is DOWN, reason" not in stack.compose("logs", "--no-color", "--since", start, "gateway").stdout


def _resident_mib(status: Path) -> float:
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_a_prediction_needs_a_key(client: httpx.Client) -> None:
    """Either header is accepted; without a valid key the answer is 401 in the shape of all errors."""
    key = KEYS["ana"]
    invalid: list[dict[str, str]] = [
        {},
        *({"X-API-Key": text} for text in ("", "wrong", "ana", hashlib.sha256(key.encode()).hexdigest())),
        *({"X-API-Key": text} for text in (f"{key}, {key}", f"wrong, {key}", key.upper())),
        *({"Authorization": text} for text in ("Bearer wrong", key, f"Bearer {key} {key}", as_password(key))),
        {"X-API-Key": "wrong", "Authorization": f"Bearer {key}"},
        {"X_API_Key": key},
        keyed("lento"),
    ]
    for headers in invalid:
        refused = client.post("/predict", json=SAMPLE, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
        assert refused.json().keys() == SHAPE
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    for headers in (keyed("ana"), *({"Authorization": f"{word} {key}"} for word in ("Bearer", "bearer", "BEARER"))):
        assert client.post("/predict", json=SAMPLE, headers=headers).status_code == 200
    assert client.post("/predict", params={"X-API-Key": key, "api_key": key}, json=SAMPLE).status_code == 401
    for path in ("/health", "/ready", "/model", "/metrics"):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("has_key", [False, True])
def test_odd_requests_predict_with_a_key_only(guarded: Stack, *, has_key: bool) -> None:
    """However address, method and length are written, no prediction is made without a key, nor a second one with it."""
    line = f"X-API-Key: {KEYS['equipo-2']}\r\n" if has_key else ""
    address = ("127.0.0.1", TLS_PORT)
    context = ssl._create_unverified_context()
    predicted = set()
    for number, (head, body) in enumerate(ODD_REQUESTS):
        with socket.create_connection(address, timeout=10) as plain, context.wrap_socket(plain) as connection:
            connection.sendall(f"{head}\r\n{line}\r\n".encode() + body)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert received.count(b'"prediction"') <= 1, head
        assert KEYS["equipo-2"].encode() not in received
        if b'"prediction"' in received:
            predicted.add(number)
    assert predicted == (VALID if has_key else set())
    assert httpx.get(f"{guarded.url}/ready", timeout=5).is_success


def test_no_answer_names_its_server(client: httpx.Client) -> None:
    """Neither pages nor predictions nor refusals say which program sent them; types are not guessed."""
    for path in ("/", "/docs", "/model", "/metrics", "/static-offline-docs/swagger-ui.css"):
        headers = client.get(path).headers
        assert not {"server", "x-powered-by", "via"} & headers.keys()
        assert headers["x-content-type-options"] == "nosniff"
    for status, sent in ((200, keyed("equipo-2")), (401, {})):
        answer = client.post("/predict", json=SAMPLE, headers=sent)
        assert answer.status_code == status
        assert not {"server", "x-powered-by", "via"} & answer.headers.keys()


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


def test_the_rate_without_a_key_is_that_of_the_address(client: httpx.Client) -> None:
    """Who has no key cannot ask without end either; readiness is told to everybody, and a key has its own rate."""
    statuses = [client.get("/version").status_code for _ in range(4 * RATE)]
    assert set(statuses) == {200, 429}
    assert client.post("/predict", json=SAMPLE).status_code == 429
    assert client.get("/ready").status_code == 200
    assert client.post("/predict", json=SAMPLE, headers=keyed("equipo-2")).status_code == 200
    assert eventually(lambda: client.get("/version").is_success)


def test_http_redirects_to_https(guarded: Stack) -> None:
    """The plain port keeps method, path and query (308); liveness and readiness stay there for the health checks."""
    answer = httpx.post(f"{guarded.url}/predict?probabilities=false", json=SAMPLE, headers=keyed("ana"), timeout=10)
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"https://127.0.0.1:{TLS_PORT}/predict?probabilities=false"
    assert httpx.get(f"{guarded.url}/ready", timeout=10).status_code == 200


def test_the_redirect_keeps_the_name_of_the_request(guarded: Stack) -> None:
    """Names and addresses stay without their port; what would make another URL of it is refused."""
    target = f":{TLS_PORT}/a?b=//c"
    for host, name in (
        ("api.example", "api.example"),
        ("api.example:8000", "api.example"),
        ("[::1]:8000", "[::1]"),
        ("[::1]", "[::1]"),
        ("127.0.0.1:1", "127.0.0.1"),
        *(
            (host, "")
            for host in ("a@evil.example", "evil.example/", "evil.example?", "evil.example#", "", 'a"b', "[::1")
        ),
    ):
        for line in ("/a?b=//c", f"http://{host}/a?b=//c"):
            received = plainly(guarded, f"GET {line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            head = received.partition("\r\n\r\n")[0]
            location = head.partition("location: ")[2].partition("\r\n")[0]
            assert location == (f"https://{name}{target}" if name else ""), (host, line, head)
            assert name == "" or " 308 " in head


def plainly(stack: Stack, request: str) -> str:
    """What the plain port answers until it closes the connection."""
    with socket.create_connection(("127.0.0.1", _plain_port(stack)), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


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
    for origin in (
        *("https://evil.example", "null", f"{ORIGIN}.evil.example", f"https://evil.example, {ORIGIN}"),
        *(f"{ORIGIN}, https://evil.example", ORIGIN.upper(), f"{ORIGIN}:8443", f"{ORIGIN}/", "http://panel.example"),
    ):
        refused = client.options("/predict", headers={"Origin": origin, **asks})
        answer = client.post("/predict", json=SAMPLE, headers={"Origin": origin, **keyed("equipo-2")})
        assert answer.status_code == 200
        assert "Access-Control-Allow-Origin" not in {*refused.headers, *answer.headers}


@pytest.fixture(scope="module")
def closed(guarded: Stack) -> Stack:
    """The same with keys for everything, and a limit of connections from one address."""
    start_gateway(
        guarded,
        {"API_KEYS_FILE": "api-keys", "API_KEYS_FOR": "all", "CONNECTION_LIMIT": str(CONNECTIONS)},
    )
    return guarded


def test_all_can_need_a_key(closed: Stack) -> None:
    """With API_KEYS_FOR=all only liveness and readiness are told without a key; browsers ask for it as a password."""
    with httpx.Client(base_url=closed.url, timeout=10) as client:
        assert 'Basic realm="' in client.get("/").headers["WWW-Authenticate"]
        for path in (
            "/",
            "/model",
            "/metrics",
            "/docs",
            "/openapi.json",
            "/v2",
            "/version",
            "/health/",
            "//health",
            "/%68ealth",
        ):
            assert client.get(path).status_code == 401
            assert client.get(path, headers=keyed("ana")).status_code != 401
            assert client.get(path, auth=("", KEYS["ana"])).status_code != 401
            assert client.get(path, auth=(KEYS["ana"], "")).status_code == 401
        for path in ("/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"):
            assert client.get(path).status_code == 200
            assert client.post(path).status_code == 401


@pytest.mark.parametrize(("size", "closes"), [(2, False), (LONG_BODY, True)])
def test_a_refused_long_request_is_the_last_one(size: int, closes: bool, closed: Stack) -> None:  # noqa: FBT001
    """Where the refusal may come before the body was read, it ends the connection; after a short body it stays open."""
    with Client(closed.url) as client:
        client.send(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"[" * size)
        [refused] = client.answers(1)
        assert (refused.status, refused.closes) == (401, closes)
        if closes:
            assert client.end() == b""


def test_generated_requests_with_keys(closed: Stack) -> None:
    """The same with keys in odd headers among them; none without a key gets a prediction."""
    _send_generated(closed, KEYS["ana"])


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

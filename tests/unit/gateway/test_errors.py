"""The gateway's own error responses."""

import json
import re
from email.parser import Parser
from pathlib import Path

import pytest

GATEWAY = Path(__file__).parents[3] / "gateway"
FILES = sorted((GATEWAY / "errors").glob("*.http"))
BODIES = sorted((GATEWAY / "errors").glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_error_has_the_api_s_shape(file: Path) -> None:
    """Every error of the gateway is the JSON body of the API's errors, so that clients parse one shape only."""
    status, _, rest = file.read_text().partition("\n")
    head, _, body = rest.partition("\n\n")
    headers = Parser().parsestr(head)

    assert status.startswith(f"HTTP/1.1 {file.stem} ")
    assert headers["Content-Type"] == "application/json"
    assert int(headers["Content-Length"]) == len(body.encode())
    assert json.loads(body).keys() == {"error", "detail", "fields"}


@pytest.mark.parametrize("status", ["400", "408", "414", "422", "431"])
def test_the_last_response_says_that_the_connection_ends(status: str) -> None:
    """After a request that it cannot read the gateway closes the connection, and adds no header that says so."""
    head = (GATEWAY / "errors" / f"{status}.http").read_text().partition("\n\n")[0]

    assert "Connection: close" in head.splitlines()


def test_a_refused_long_request_is_the_last_of_its_connection() -> None:
    """Each of the gateway's own answers to a request whose body may not have been read closes the connection."""
    lines = configuration()
    answers = re.findall(r"^ *http-request (?:return status (?:401|429)|redirect)", lines, re.MULTILINE)
    marks = re.findall(r"^ *http-request set-var\(txn\.refused\) .* long", lines, re.MULTILINE)

    assert len(set(answers)) == len(marks) == 3
    assert "http-after-response set-header Connection close if { var(txn.refused) -m found }" in lines
    for name in ("other_predictions", "replicas"):
        backend = lines.split(f"\nbackend {name}\n")[1].split("\nbackend ")[0]
        assert (
            "http-after-response set-header Connection close if { status ge 500 } { var(txn.long) -m found }" in backend
        )


def test_unavailable_says_when_to_come_back() -> None:
    """503 has Retry-After, and the kind of error that the API uses."""
    text = (GATEWAY / "errors" / "503.http").read_text()

    assert re.search(r"^Retry-After: \d+$", text, re.MULTILINE)
    assert json.loads(text.partition("\n\n")[2])["error"] == "not_ready"


@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.stem)
def test_the_body_of_a_refusal_has_the_api_s_shape(file: Path) -> None:
    """What the gateway answers to a missing key, or to too many requests, is the same JSON."""
    assert json.loads(file.read_text()).keys() == {"error", "detail", "fields"}
    assert f"/usr/local/etc/haproxy/errors/{file.name}" in configuration()


def test_every_error_is_configured() -> None:
    """The configuration has each file with its status."""
    named = re.findall(r"^ *errorfile (\d+) /usr/local/etc/haproxy/errors/(\d+)\.http$", configuration(), re.MULTILINE)

    assert [(file.stem, file.stem) for file in FILES] == named


def test_requests_pass_unchanged() -> None:
    """No header is added to requests, because the API recognises the heads of earlier requests; keys are taken out."""
    assert not re.search(r"forwardfor|unique-id-header|http-request (set|add|replace)-header", configuration())
    assert re.findall(r"http-request del-header (\S+)", configuration()) == ["x-api-key", "authorization"]


def configuration() -> str:
    """The gateway's configuration without its comments."""
    return re.sub(r"#.*", "", (GATEWAY / "haproxy.cfg").read_text())

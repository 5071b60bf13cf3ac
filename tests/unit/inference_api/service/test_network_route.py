"""The route to a server, directly or through a proxy, and its error messages."""

from base64 import b64decode
from urllib.error import HTTPError, URLError
from urllib.request import Request

import httpx
import pytest
from corporate_proxy import VARIABLES, corporate_proxy
from service_process import free_port

from src.service.network_route import Route, direct_hosts
from tests.unit.inference_api.doubles import StubRegistry

ELSEWHERE = "http://mlflow.example.org:5000"


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test names its own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:5000",
        "http://LOCALHOST",
        "http://api.localhost:5000",
        "http://127.0.0.1:5000",
        "http://127.9.8.7",
        "http://0.0.0.0:5000",
        "http://[::1]:5000",
        "http://[::ffff:127.0.0.1]:5000",
        "http://mlflow:5000/path",
        "http://mlflow_server:5000",
        "http://minio:9000",
        "http://host.docker.internal:5000",
    ],
)
def test_this_machine_and_the_stack_need_no_proxy(url: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback and the stack's own names need no proxy, independent of the environment."""
    monkeypatch.setenv(variable, "http://proxy.example.org:3128")
    assert Route.to(url).proxy is None
    assert Route.to(url).note == ""


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_variable_names_no_proxy(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with only blanks is ignored."""
    monkeypatch.setenv("HTTP_PROXY", blank)
    assert Route.to(ELSEWHERE).proxy is None
    assert Route.to(ELSEWHERE).problem is None


@pytest.mark.parametrize("url", [ELSEWHERE, "http://10.1.2.3:5000", "http://mlflow.localhost.org", "http://[fd00::1]"])
def test_other_servers_use_the_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry outside may be reached through the proxy only."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    assert Route.to(url).proxy == "http://proxy.example.org:3128"


def test_each_scheme_has_its_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY is for https, HTTP_PROXY for http, ALL_PROXY for what has none."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.org:1")
    assert Route.to("http://mlflow.example.org").proxy is None
    assert Route.to("https://mlflow.example.org").variable == "HTTPS_PROXY"
    monkeypatch.setenv("ALL_PROXY", "proxy.example.org:2")
    assert Route.to("http://mlflow.example.org").variable == "ALL_PROXY"
    assert Route.to("https://mlflow.example.org").variable == "HTTPS_PROXY"


def test_lower_case_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower-case name takes precedence, as for urllib, requests and curl; an empty one disables the proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://large.example.org:3128")
    monkeypatch.setenv("http_proxy", "http://small.example.org:3128")
    assert Route.to(ELSEWHERE).proxy == "http://small.example.org:3128"
    monkeypatch.setenv("http_proxy", "")
    assert Route.to(ELSEWHERE).proxy is None


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("mlflow.example.org", ELSEWHERE),
        ("MLflow.Example.ORG", ELSEWHERE),
        ("example.org", ELSEWHERE),
        (".example.org", ELSEWHERE),
        ("*.example.org", ELSEWHERE),
        ("other, mlflow.example.org", ELSEWHERE),
        ("other mlflow.example.org", ELSEWHERE),
        (",,mlflow.example.org,", ELSEWHERE),
        ("mlflow.example.org:5000", ELSEWHERE),
        ("mlflow.example.org:80", "http://mlflow.example.org"),
        ("*", ELSEWHERE),
        ("other,*", ELSEWHERE),
        ("10.0.0.0/8", "http://10.1.2.3:5000"),
        ("10.1.2.3", "http://10.1.2.3:5000"),
        ("10.1.2.3:5000", "http://10.1.2.3:5000"),
        ("fd00::/8", "http://[fd00::1]:5000"),
        ("fd00::1", "http://[fd00::1]:5000"),
        ("[fd00::1]:5000", "http://[fd00::1]:5000"),
    ],
)
def test_no_proxy_in_every_form(no_proxy: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, subdomains, ports, addresses and networks are supported as in curl."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert Route.to(url).proxy is None


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("", ELSEWHERE),
        ("ample.org", ELSEWHERE),
        ("mlflow", ELSEWHERE),
        ("mlflow.example.org:80", ELSEWHERE),
        ("10.0.0.0/8", "http://11.1.2.3"),
        ("10.0.0.0/8", ELSEWHERE),
        ("fd00::/8", "http://10.1.2.3"),
        (".", ELSEWHERE),
        ("10.0.0.0/99", "http://10.1.2.3"),
    ],
)
def test_no_proxy_for_other_hosts(no_proxy: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a name does not match."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert Route.to(url).proxy is not None


@pytest.mark.parametrize("proxy", ["http://ana:gehe%40im@proxy.example.org:3128/", "ana:geheim@proxy.example.org:3128"])
def test_the_note_names_the_proxy_without_its_password(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note has the address, the variable and the remedy; it and the `repr` have no user or password."""
    monkeypatch.setenv("https_proxy", proxy)
    route = Route.to("https://mlflow.example.org")
    assert route.note.rstrip("/") == (
        "; asked through the proxy proxy.example.org:3128 (HTTPS_PROXY): "
        "if mlflow.example.org needs no proxy, add mlflow.example.org to NO_PROXY"
    )
    assert "gehe" not in repr(route)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://",
        "http://proxy:0",
        "http://[proxy",
        "ftp://proxy:21",
        "http://ana:geheim@proxy:port",
        "http://ana:ge/heim@proxy:3128",
        "http://ana:ge#heim@proxy:3128",
        "http://ana:ge?heim@proxy:3128",
        "socks5://ana:geheim@proxy:1080",
    ],
)
def test_unusable_proxy(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable without any part of a password; no request is sent."""
    monkeypatch.setenv("HTTP_PROXY", proxy)
    route = Route.to(ELSEWHERE)
    assert route.note == ""
    with pytest.raises(URLError, match="HTTP_PROXY") as caught:
        route.open(Request(ELSEWHERE), 5)
    assert not any(secret in str(caught.value) for secret in ("heim", "ana"))


def test_credentials_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """User and password of the variable go to the proxy, decoded."""
    with corporate_proxy(403) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(HTTPError) as caught:
            Route.to(ELSEWHERE).open(Request(f"{ELSEWHERE}/x"), 5)
        caught.value.close()
    assert proxy.asked == [f"{ELSEWHERE}/x"]
    assert b64decode(str(proxy.credentials[0]).removeprefix("Basic ")) == b"ana:gehe@im"


def test_local_server_without_the_proxy(registry: StubRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request succeeds although nothing listens at the proxy's address."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    registry.body = b"{}"
    with Route.to(registry.url).open(Request(registry.url), 5) as answer:
        assert answer.read() == b"{}"


@pytest.mark.parametrize("url", ["", "http://", "http://[x", "http://h:99999", "mlruns"])
def test_invalid_url_has_no_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid URL has no proxy; the request itself fails."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    assert Route.to(url).note in {"", Route.to("http://").note}


def test_direct_hosts_keep_what_the_user_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine and the stack are added; both spellings are equal, because some libraries read only one."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", ".corp.example, 10.0.0.0/8")
    variables = direct_hosts(ELSEWHERE)
    names = variables["NO_PROXY"].split(",")
    assert variables["no_proxy"] == variables["NO_PROXY"]
    assert names[:2] == [".corp.example", "10.0.0.0/8"]
    assert {"localhost", "127.0.0.1", "::1", "mlflow", "minio"} < set(names)
    assert "mlflow.example.org" not in names


@pytest.mark.parametrize(
    ("url", "name"),
    [("http://10.1.2.3:5000", "10.1.2.3"), ("http://127.0.0.9", "127.0.0.9"), ("http://[fd00::1]", "fd00::1")],
)
def test_direct_hosts_name_what_libraries_do_not_see(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks in NO_PROXY are not supported by urllib and boto3, so the server itself is added."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8,fd00::/8")
    assert name in direct_hosts(url)["no_proxy"].split(",")


def test_no_name_is_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx, which programs beside the service may use, fails at one (https://github.com/encode/httpx/issues/3574)."""
    monkeypatch.setenv("NO_PROXY", "localhost")
    for name, value in direct_hosts("http://[::1]:5000").items():
        monkeypatch.setenv(name, value)
    httpx.Client().close()


def test_star_is_the_only_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries take it for all hosts only as the single entry."""
    monkeypatch.setenv("NO_PROXY", "localhost,*")
    assert direct_hosts(ELSEWHERE) == {"NO_PROXY": "*", "no_proxy": "*"}

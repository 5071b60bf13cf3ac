"""The service behind nginx with TLS and path prefixes, used by a browser."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import httpx
import numpy as np
import pandas as pd
import pytest
from headless_browser import headless_browser, needed, traffic
from mlflow.models import infer_signature
from registration import register
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from service_process import Service, free_port
from sklearn.linear_model import LinearRegression

from local_stack.child_process import ChildProcess

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "behind_a_proxy"
HOST = "ml.example"
README = Path(__file__).parents[3] / "README.md"
WITHIN_SECONDS = 60
# nginx in the foreground, with all of its files in the test's folder.
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        {locations}
    }}
}}
"""
# A proxy that sends no header about the prefix, and one that does not remove the prefix.
WITHOUT_HEADER = "location /deep/er/down/ {{ proxy_pass http://{address}/; }}"
NOT_REMOVED = "location /left/alone/ {{ proxy_pass http://{address}; }}"
PREFIXES = ("/ml", "/deep/er/down", "/left/alone")


@dataclass(frozen=True)
class Proxy:
    """nginx in front of the service.

    Attributes:
        port: Its TLS port on loopback.
        client: A client of it.
    """

    port: int
    client: httpx.Client

    def url(self, path: str) -> str:
        """The URL of a path for a browser."""
        return f"https://{HOST}:{self.port}{path}"


@pytest.fixture(scope="module")
def model(mlflow_server: str) -> str:
    """The name of a model that predicts x + 10 y; its example is x = 1, y = 2."""
    data = pd.DataFrame({"x": [1.0, 3.0, 5.0, 8.0], "y": [2.0, 1.0, 0.0, 7.0]})
    fitted = LinearRegression().fit(data, data @ np.array([1.0, 10.0]))
    register(mlflow_server, NAME, fitted, signature=infer_signature(data, fitted.predict(data)), input_example=data[:1])
    return NAME


@pytest.fixture(scope="module")
def proxy(model: str, serve: Callable[..., Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The nginx of README, and two other locations: without a header, and with the prefix not removed."""
    nginx, openssl = needed("nginx", "openssl", package="nginx openssl")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    plain = serve(model)
    plain.wait_ready()
    prefixed = serve(model, ROOT_PATH="/left/alone/")
    prefixed.wait_ready()
    [documented] = re.findall(r"^```nginx\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert documented.count("127.0.0.1:8000") == 1
    plain_address, prefixed_address = (urlsplit(service.url).netloc for service in (plain, prefixed))
    locations = "\n".join(
        [
            documented.replace("127.0.0.1:8000", plain_address),
            WITHOUT_HEADER.format(address=plain_address),
            NOT_REMOVED.format(address=prefixed_address),
        ]
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, locations=locations))
    command = [nginx, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with (
        ChildProcess(command, folder=folder, environment=os.environ, log=folder / "nginx.log") as process,
        httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=False, trust_env=False) as client,
    ):
        plain.wait(lambda _service: process.poll() is None and _answers(client), "nginx answers")
        yield Proxy(port, client)


def _answers(client: httpx.Client) -> bool:
    return client.get("/ml/health").status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    """A browser that resolves the host's name to this machine and accepts its certificate."""
    arguments = (f"--host-resolver-rules=MAP {HOST} 127.0.0.1", "--ignore-certificate-errors", "--no-proxy-server")
    with headless_browser(*arguments) as found:
        yield found


def _until(browser: webdriver.Chrome, selector: str, text: str = "") -> WebElement:
    """Wait until an element with this text is displayed."""

    def displayed(page: webdriver.Chrome) -> WebElement | None:
        found = page.find_elements(By.CSS_SELECTOR, selector)
        return next((one for one in found if one.is_displayed() and text in one.text), None)

    element = WebDriverWait(browser, WITHIN_SECONDS, poll_frequency=0.1).until(displayed)
    assert element is not None
    return element


@pytest.mark.parametrize(
    ("prefix", "page"),
    [(prefix, page) for prefix in PREFIXES for page in ("/docs", "/redoc")] + [("/ml", "/docs/"), ("/ml", "/redoc/")],
)
def test_a_page_loads(prefix: str, page: str, proxy: Proxy, browser: webdriver.Chrome) -> None:
    """Each page shows the operations; all of its requests have the prefix, use TLS and succeed."""
    browser.get("about:blank")
    traffic(browser)
    browser.get(proxy.url(prefix + page))
    _until(browser, "#operations-prediction-prediction" if "docs" in page else "#tag\\/prediction")
    sleep(0.5)  # for requests that a page sends after it is displayed, such as an image
    found = traffic(browser)
    assert (found.failures, found.complaints) == ([], [])
    assert [url for url in found.urls if not url.startswith(proxy.url(prefix + "/"))] == []
    assert proxy.url(prefix + "/openapi.json") in found.urls


@pytest.mark.parametrize("prefix", PREFIXES)
def test_try_it_out_predicts(prefix: str, proxy: Proxy, browser: webdriver.Chrome) -> None:
    """The page's button sends the example to a URL with the prefix, and the page shows the prediction."""
    browser.get("about:blank")
    browser.get(proxy.url(prefix + "/docs"))
    operation = "#operations-prediction-prediction"
    _until(browser, f"{operation} .opblock-summary-control").click()
    _until(browser, f"{operation} .try-out__btn").click()
    traffic(browser)
    _until(browser, f"{operation} .execute").click()
    _until(browser, f"{operation} .live-responses-table .response-col_status", "200")
    shown = _until(browser, f"{operation} .live-responses-table .highlight-code", '"prediction"').text
    assert re.search(r'"prediction": (20\.99999\d*|21(\.0\d*)?)\b', shown)
    found = traffic(browser)
    assert (found.failures, found.complaints) == ([], [])
    assert proxy.url(prefix + "/predict") in found.urls


@pytest.mark.parametrize("path", [f"{prefix}/" for prefix in PREFIXES] + ["/left/alone"])
def test_the_page_for_people_predicts(path: str, proxy: Proxy, browser: webdriver.Chrome) -> None:
    """Its form sends to a URL with the prefix, which is that of the code to copy; no request leaves the prefix."""
    browser.get("about:blank")
    traffic(browser)
    browser.get(proxy.url(path))
    _until(browser, "#form [type=submit]").click()
    assert re.match(r"20\.99999\d*|21(\.0\d*)?$", _until(browser, "#answer output").text)
    prefix = proxy.url(path.rstrip("/"))
    for selector in ("#curl", "#python"):
        assert f"{prefix}/predict" in _until(browser, selector).text
    found = traffic(browser)
    assert (found.failures, found.complaints) == ([], [])
    assert [url for url in found.urls if url.startswith("http") and not f"{url}/".startswith(f"{prefix}/")] == []
    assert f"{prefix}/predict" in found.urls


@pytest.mark.parametrize("prefix", PREFIXES)
def test_nothing_redirects(prefix: str, proxy: Proxy) -> None:
    """Paths with a trailing slash are answered without a redirect, for HEAD and OPTIONS as well."""
    for path in ("/predict", "/predict/"):
        answer = proxy.client.post(prefix + path, json={"x": 1, "y": 2})
        assert (answer.status_code, round(answer.json()["prediction"], 6)) == (200, 21)
    for path in ("/", "/health/", "/ready/", "/model/", "/metrics/", "/docs/", "/redoc/", "/openapi.json/"):
        assert proxy.client.head(prefix + path).status_code == 200
    assert proxy.client.options(prefix + "/predict/").headers["allow"] == "OPTIONS, POST"
    assert proxy.client.get(prefix + "/nowhere/").status_code == 404


def test_the_document_names_the_prefix(proxy: Proxy) -> None:
    """`servers` has the prefix of the proxy's header or of the setting, else the document's own folder."""
    servers = [proxy.client.get(f"{prefix}/openapi.json").json()["servers"] for prefix in PREFIXES]
    assert [[server["url"] for server in found] for found in servers] == [["/ml"], ["."], ["/left/alone"]]

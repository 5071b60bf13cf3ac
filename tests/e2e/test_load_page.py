"""Locust's page with two workers, in a real browser and by the requests of its buttons."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from headless_browser import headless_browser
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.compose_stack import LOAD_TESTING, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WITHIN_SECONDS = 120


@dataclass(frozen=True)
class LoadTest:
    """The running load test of the second Compose file.

    Attributes:
        stack: The stack.
        url: Locust's page.
    """

    stack: Stack
    url: str = "http://127.0.0.1:8089"

    def post(self, path: str, **form: str) -> dict[str, Any]:
        """Send the request of a button of the page."""
        answer: dict[str, Any] = httpx.post(f"{self.url}{path}", data=form, timeout=60).json()
        return answer

    def stats(self) -> dict[str, Any]:
        """The figures that the page shows."""
        stats: dict[str, Any] = httpx.get(f"{self.url}/stats/requests", timeout=30).json()
        return stats

    def requests(self) -> int:
        """Requests so far."""
        count: int = self.stats()["stats"][-1]["num_requests"]
        return count

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.2)
        logs = self.stack.compose("logs", "--no-color", "--tail", "60", file=LOAD_TESTING, check=False).stdout
        pytest.fail(f"{what}: not within {WITHIN_SECONDS} s\n{logs}")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser that saves downloads in the folder of the test."""
    with headless_browser(downloads=str(tmp_path)) as found:
        yield found


@pytest.fixture(scope="module")
def containers(stack_with_locust: Stack) -> Iterator[LoadTest]:
    """The load test with two workers, healthy."""
    stack_with_locust.ensure_serving()
    settings = stack_with_locust.checkout / ".env"
    settings.write_text("LOCUST_API_WAIT=2\n")  # seconds until an address without an API is refused
    try:
        stack_with_locust.compose("up", "--detach", "--wait", "--scale", "locust-worker=2", file=LOAD_TESTING)
        yield LoadTest(stack_with_locust)
    finally:
        settings.unlink()
        stack_with_locust.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)


@pytest.fixture
def load_test(containers: LoadTest) -> Iterator[LoadTest]:
    """The load test, without a run before and after the test."""
    yield containers
    containers.post("/stop")
    containers.wait_until(lambda: containers.stats()["user_count"] == 0, "the end of the run")


@pytest.fixture
def page(load_test: LoadTest, browser: webdriver.Chrome) -> webdriver.Chrome:
    """The load test's page."""
    browser.get(load_test.url)
    return browser


def _until(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], object]) -> None:
    WebDriverWait(browser, WITHIN_SECONDS, poll_frequency=0.2).until(condition)


def _button(browser: webdriver.Chrome, text: str) -> WebElement:
    return next(one for one in browser.find_elements(By.TAG_NAME, "button") if text in one.text.lower())


def _requests(browser: webdriver.Chrome) -> int:
    """The table's number of requests to /predict."""
    rows = browser.find_elements(By.XPATH, "//tr[td[contains(., '/predict')]]")
    return int(rows[0].find_elements(By.TAG_NAME, "td")[2].text.replace(",", "") or 0) if rows else 0


def _drawn(browser: webdriver.Chrome) -> list[str]:
    """The content of the charts: the paths of their lines, or their pixels."""
    script = """
      return [...document.querySelectorAll('canvas')].map(one => one.toDataURL()).concat(
             [...document.querySelectorAll('svg path')].map(one => one.getAttribute('d')));
    """
    found: list[str] = browser.execute_script(script)
    return found


def test_a_run_from_the_page(page: webdriver.Chrome) -> None:
    """The host is filled in, the start button works, requests are counted, charts are drawn, the report downloads."""
    _until(page, lambda it: it.find_elements(By.NAME, "host"))
    assert page.find_element(By.NAME, "host").get_attribute("value") == "http://gateway:8000"
    for name, value in (("userCount", "20"), ("spawnRate", "20")):
        field = page.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)
    _button(page, "start").click()

    _until(page, lambda it: _requests(it) >= 30)
    before = _requests(page)
    _until(page, lambda it: _requests(it) > before)

    page.find_element(By.XPATH, "//*[@role='tab' and contains(., 'Charts')]").click()
    _until(page, _drawn)
    first = _drawn(page)
    _until(page, lambda it: _drawn(it) != first)

    page.find_element(By.XPATH, "//*[@role='tab' and contains(., 'Download')]").click()
    report = next(link.get_attribute("href") for link in page.find_elements(By.TAG_NAME, "a") if "eport" in link.text)
    assert report is not None
    page.get(report)
    _until(page, lambda it: "/predict" in it.page_source)
    assert "http://gateway:8000" in page.page_source


def test_run_from_the_page(load_test: LoadTest, measured: Callable[[str], None]) -> None:
    """The page has the API's address; a run starts, gets more users without failures, and stops."""
    page = httpx.get(load_test.url, timeout=30)
    assert page.is_success
    assert "<title>Locust" in page.text
    assert "http://gateway:8000" in page.text
    load_test.wait_until(lambda: len(load_test.stats()["workers"]) == 2, "two workers")

    assert load_test.post("/swarm", user_count="40", spawn_rate="40", host="http://gateway:8000")["success"]
    load_test.wait_until(lambda: load_test.stats()["user_count"] == 40, "40 users")
    load_test.wait_until(lambda: load_test.requests() >= 100, "100 requests")
    before = load_test.requests()
    load_test.wait_until(lambda: load_test.requests() >= before + 40, "40 more requests")
    stats = load_test.stats()
    assert [(row["method"], row["name"]) for row in stats["stats"]] == [("POST", "/predict"), ("", "Aggregated")]
    assert stats["errors"] == []
    assert sorted(worker["user_count"] for worker in stats["workers"]) == [20, 20]

    assert load_test.post("/stop")["success"]
    load_test.wait_until(lambda: load_test.stats()["state"] == "stopped", "the end of the run")
    row = load_test.stats()["stats"][0]
    measured(
        f"load test, 40 users on two workers: {row['num_requests']} requests, 0 failures, "
        f"median {row['median_response_time']} ms, p95 {row['response_time_percentile_0.95']} ms"
    )


def test_page_shows_why_a_run_does_not_start(load_test: LoadTest) -> None:
    """For an address without an API the page shows the reason, and the next start works."""
    answer = load_test.post("/swarm", user_count="5", spawn_rate="5", host="http://nobody:8000")
    assert answer["success"] is False
    assert "http://nobody:8000 cannot be reached: host name not found" in answer["message"]
    assert load_test.post("/swarm", user_count="5", spawn_rate="5", host="http://gateway:8000")["success"]
    load_test.wait_until(lambda: load_test.stats()["user_count"] == 5, "5 users")


def test_page_is_on_loopback_only(load_test: LoadTest) -> None:
    """Like the stack's other pages, Locust's is published for this machine alone unless PAGES_BIND says otherwise."""
    ports = load_test.stack.compose("port", "locust", "8089", file=LOAD_TESTING).stdout.split()
    assert ports == ["127.0.0.1:8089"]

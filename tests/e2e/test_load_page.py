"""Locust's page in a real browser, as people use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from headless_browser import headless_browser
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.compose_stack import LOAD_TESTING, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PAGE = "http://127.0.0.1:8089"
WITHIN_SECONDS = 60


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser that saves downloads in the folder of the test."""
    with headless_browser(downloads=str(tmp_path)) as found:
        yield found


@pytest.fixture
def page(stack: Stack, browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The load test's page, with two workers behind it."""
    try:
        stack.compose("up", "--build", "--detach", "--wait", "--scale", "locust-worker=2", file=LOAD_TESTING)
        browser.get(PAGE)
        yield browser
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)


def _until(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], object]) -> None:
    WebDriverWait(browser, WITHIN_SECONDS, poll_frequency=0.2).until(condition)


def _button(browser: webdriver.Chrome, text: str) -> WebElement:
    return next(one for one in browser.find_elements(By.TAG_NAME, "button") if text in one.text.lower())


def _requests(browser: webdriver.Chrome) -> int:
    """The table's number of requests to /predict."""
    rows = browser.find_elements(By.XPATH, "//tr[td[contains(., '/predict')]]")
    return int(rows[0].find_elements(By.TAG_NAME, "td")[2].text.replace(",", "") or 0) if rows else 0


def _drawn(browser: webdriver.Chrome) -> list[str]:
    """What the charts show: the paths of their lines, or their pixels."""
    script = """
      return [...document.querySelectorAll('canvas')].map(one => one.toDataURL()).concat(
             [...document.querySelectorAll('svg path')].map(one => one.getAttribute('d')));
    """
    found: list[str] = browser.execute_script(script)
    return found


def test_a_run_from_the_page(page: webdriver.Chrome) -> None:
    """The host is filled in, the start button starts, requests count, charts move, and the report downloads."""
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

"""A real browser without a window, and its network requests."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from selenium import webdriver

# No browser features that send other requests than those of the page.
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,1000"),
)


def needed(*programs: str, package: str) -> list[str]:
    """The paths of the programs; without one of them the test is skipped, or fails under CI.

    Args:
        programs: Names of programs.
        package: What to give `apt-get install`.
    """
    found = [shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for program in programs]
    if None in found:
        sentence = f"no {programs[found.index(None)]}: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    return [path for path in found if path is not None]


@contextmanager
def headless_browser(*arguments: str, downloads: str = "") -> Iterator[webdriver.Chrome]:
    """Chromium of Debian, with its own profile.

    Args:
        arguments: Further arguments of its command line.
        downloads: Folder for what is saved; empty where nothing is.
    """
    program, driver = needed("chromium", "chromedriver", package="chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    if downloads:
        options.add_experimental_option("prefs", {"download.default_directory": downloads})
    with tempfile.TemporaryDirectory() as profile:
        for argument in (*ARGUMENTS, *arguments, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        made = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            yield made
        finally:
            made.quit()


@dataclass(frozen=True)
class Traffic:
    """The network requests of a page.

    Attributes:
        urls: Every URL, except data URLs.
        failures: URLs without an answer or with an error, and the reason.
        complaints: Errors in the console of the page.
    """

    urls: list[str]
    failures: list[str]
    complaints: list[str]


def traffic(browser: webdriver.Chrome) -> Traffic:
    """The requests since the last call."""
    asked: dict[str, str] = {}
    failures: list[str] = []
    for entry in browser.get_log("performance"):  # type: ignore[no-untyped-call]  # selenium's own
        event: dict[str, Any] = json.loads(entry["message"])["message"]
        about = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            asked[about["requestId"]] = about["request"]["url"]
        elif event["method"] == "Network.responseReceived" and about["response"]["status"] >= 400:
            failures.append(f"{about['response']['url']}: {about['response']['status']}")
        elif event["method"] == "Network.loadingFailed" and about["requestId"] in asked:  # not of an earlier page
            failures.append(f"{asked[about['requestId']]}: {about['errorText']}")
    complaints = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]  # type: ignore[no-untyped-call]  # selenium's own
    urls = [url for url in asked.values() if not url.startswith(("data:", "blob:"))]
    return Traffic(urls, failures, complaints)

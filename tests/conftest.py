"""What all tests have in common: their names, the figures that they print, and what they may not leave behind."""

import gc
import os
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import the tests without garbage collection, which would search for what is not there: the imports stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes after their parameter: a compressed body holds the time, and every worker must find the same ids."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Add a line to the figures that are printed at the end of the run: they are shown, never asserted."""
    return partial(record_property, "measured")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the run, those of other worker processes as well."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    calls = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "call"]
    lines = [str(value) for report in calls for name, value in report.user_properties if name == "measured"]
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.line(line)


@pytest.fixture(scope="module", autouse=True)
def environment_as_found() -> Iterator[None]:
    """Put back the environment and the addresses of MLflow's client, which writes them into both."""
    before = dict(os.environ)
    yield
    if mlflow := sys.modules.get("mlflow"):
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)

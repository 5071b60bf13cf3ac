"""The alerting rules, evaluated by Prometheus' own test program on given series."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FOLDER = Path("monitoring/prometheus")
CASES = Path(__file__).parent / "rules"
NAMES = sorted(path.stem for path in (ROOT / FOLDER / "rules").glob("*.yml"))


@pytest.fixture(scope="module")
def promtool() -> list[str]:
    """The command line of promtool: the one on PATH, or that of the image that the stack uses."""
    if found := shutil.which("promtool"):
        return [found]
    compose = (ROOT / "docker-compose-api.yml").read_text()
    [image] = re.findall(r"\$\{PROMETHEUS_IMAGE:-(.*)\}", compose)
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        # Whoever may read the checkout may be the only one; the tests of rules need a temporary folder.
        options = ("--user", f"{os.getuid()}:{os.getgid()}", "--tmpfs", "/tmp", "--volume", f"{ROOT}:{ROOT}:ro")
        return ["docker", "run", "--rm", *options, "--entrypoint", "promtool", image]
    sentence = "the alerting rules are tested by promtool, which is neither on PATH nor to be had from Docker"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def alerts_of(name: str) -> dict[str, Any]:
    """The alerts of a file by their names."""
    [group] = yaml.safe_load((ROOT / FOLDER / f"rules/{name}.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@pytest.mark.parametrize("name", NAMES)
def test_alerts_fire_when_they_should(name: str, promtool: list[str]) -> None:
    """Each case gives the alerts that it names, and no others of these names."""
    done = subprocess.run(
        [*promtool, "test", "rules", str(CASES / f"{name}.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_is_valid(promtool: list[str]) -> None:
    """Prometheus accepts its configuration and every rule."""
    configuration = str(ROOT / FOLDER / "prometheus.yml")
    done = subprocess.run([*promtool, "check", "config", configuration], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_has_both_cases(name: str) -> None:
    """For each alert there is a case in which it fires, and one in which it does not."""
    cases: dict[bool, set[str]] = {True: set(), False: set()}
    for test in yaml.safe_load((CASES / f"{name}.yml").read_text())["tests"]:
        for case in test["promql_expr_test"]:
            [alert] = re.findall(r'alertname="(\w+)"', case["expr"])
            cases[bool(case["exp_samples"])].add(alert)
    assert cases[True] == cases[False] == set(alerts_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_says_what_to_do(name: str) -> None:
    """An alert has a severity, a short summary, and a description with the next step."""
    for alert, rule in alerts_of(name).items():
        assert rule["labels"]["severity"] in {"critical", "warning"}, alert
        assert len(rule["annotations"]["summary"]) < 100, alert
        assert len(rule["annotations"]["description"]) > 100, alert

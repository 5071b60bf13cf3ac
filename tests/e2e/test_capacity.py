"""`make capacity` and its other targets on the real stack, with small searches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.e2e.compose_stack import PROJECT, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY_MIB = 110
SMALL = (
    *("--users", "200", "--step-users", "100", "--quick"),
    *("--cpus", "0.05:0.2", "--memory", f"40:{MOST_MEMORY_MIB}"),
)
# Ramps of one step, one value of each limit, and one trial with more users: the other test searches.
BOTH_WAYS = (
    *("--users", "400", "--step-users", "400", "--confirmations", "2", "--replicas", "2"),
    *("--cpus", "0.2:0.2", "--memory", "120:120", "--most-users", "800"),
)


@pytest.fixture
def ask(
    load_stack: Stack,  # noqa: ARG001 - what is measured
    tmp_path: Path,
) -> Callable[..., subprocess.Popen[str]]:
    """Starts `make capacity`, or another of its targets, on the stack of the tests."""

    def start(*words: str, target: str = "capacity") -> subprocess.Popen[str]:
        options = " ".join([*words, "--project", PROJECT, "--out", str(tmp_path)])
        return subprocess.Popen(
            ["make", "--silent", target, f"ARGS={options}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl-C in a terminal reaches make and everything behind it.
            start_new_session=True,
        )

    return start


def api_limits() -> list[dict[str, Any]]:
    """What the replicas of the tests' stack may use."""
    client = docker.from_env()
    labels = [f"com.docker.compose.project={PROJECT}", "com.docker.compose.service=fastapi-app"]
    found = [each.attrs["HostConfig"] for each in client.containers.list(filters={"label": labels})]
    client.close()
    return [{name: one[name] for name in ("NanoCpus", "Memory", "MemorySwap", "MemoryReservation")} for one in found]


def load_generators() -> int:
    """Load generators that are still there."""
    client = docker.from_env()
    found = len(client.containers.list(all=True, filters={"name": "taller5-load-generator"}))
    client.close()
    return found


def test_an_interrupted_question_goes_on_and_is_answered(
    ask: Callable[..., subprocess.Popen[str]], tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """Ctrl-C restores the limits and keeps the trials; the same command repeats none of them, and has the result.

    The smallest memory is found, the next smaller one fails, the report is written, and the stack is as before.
    """
    before = api_limits()
    first = ask(*SMALL)
    kept = tmp_path / "trials.gateway.unfinished.jsonl"
    deadline = time.monotonic() + 120
    while not kept.is_file() or len(kept.read_text().splitlines()) < 3:
        assert first.poll() is None, first.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    os.killpg(first.pid, signal.SIGINT)
    _, progress = first.communicate(timeout=60)
    assert first.returncode != 0
    assert "the same command continues from here" in progress
    assert api_limits() == before
    assert load_generators() == 0

    said, progress = ask(*SMALL).communicate(timeout=600)
    assert progress.count("(kept from before)") >= 2
    assert "200 users need at most 0.05 CPU" in said, progress
    findings = json.loads((tmp_path / "capacity.json").read_text())
    [answer] = findings["answers"]
    assert (answer["via"], answer["cpus"], answer["repeats"]) == ("gateway", 0.05, 1)
    [rejected] = answer["rejected"]
    assert rejected["resource"] == "memory"
    assert rejected["memory_mib"] < answer["memory_mib"] < MOST_MEMORY_MIB
    [ramp] = [one for one in findings["trials"] if one["kind"] == "staircase" and one["verdict"] == "HOLDS"]
    assert [step["users"] for step in ramp["steps"]] == [100, 200]
    assert all(step["failures"] == {} and step["p99_ms"] <= 250 for step in ramp["steps"])
    for name in ("capacity.es.html", "capacity.en.html", "capacity.es.md", "capacity.en.md", "capacity.csv"):
        assert (tmp_path / name).stat().st_size > 500
    assert (tmp_path / "trials.gateway.jsonl").is_file()
    assert api_limits() == before
    assert load_generators() == 0
    measured(f"capacity of 200 users: {said.splitlines()[0]}; {len(progress.splitlines())} lines of progress")


def test_two_ways_are_asked_in_turn(
    ask: Callable[..., subprocess.Popen[str]], tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """Between two ramps of one route the other is measured; users of both never run together; both have a result."""
    before = api_limits()
    said, progress = ask(*BOTH_WAYS).communicate(timeout=800)

    assert "400 users need" in said, progress
    findings = json.loads((tmp_path / "capacity.json").read_text())
    assert [(each["via"], each["repeats"]) for each in findings["answers"]] == [("gateway", 2), ("direct", 2)], progress
    ways = [one["via"] for one in findings["trials"] if one["kind"] == "staircase"]
    turns = [way for number, way in enumerate(ways) if number == 0 or ways[number - 1] != way]
    assert turns[:3] == ["gateway", "direct", "gateway"]
    assert {row["replicas"] for row in findings["replicas"]} == {1, 2}
    assert findings["largest_rate"]["rate"] > 400 / 1.75
    assert findings["largest_rate"]["stopped_by"]["en"]
    assert findings["open_check"]["open"]["rate"] > 0
    assert api_limits() == before
    assert load_generators() == 0
    measured(f"capacity of 400 users by both ways: {said.splitlines()[0]}")


def test_users_of_a_run_that_was_killed_do_not_stay(ask: Callable[..., subprocess.Popen[str]]) -> None:
    """The next run removes the load generators of both routes before it begins, and its own at its end."""
    words = ("--users", "200", "--step-users", "100", "--runs", "1", "--hold-seconds", "2")
    killed = ask(*words, "--via", "direct", target="trial")
    deadline = time.monotonic() + 60
    while not load_generators():
        assert killed.poll() is None, killed.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert load_generators() == 1

    running = ask(*words, target="trial")
    said, progress = running.communicate(timeout=200)
    assert running.returncode == 0, said + progress
    assert load_generators() == 0


def test_a_soak_says_whether_memory_grows(ask: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """Every step holds, and the verdict has the slope of the memory."""
    running = ask("--users", "200", "--minutes", "0.1", "--growth", "10000", target="soak")
    said, progress = running.communicate(timeout=200)
    assert running.returncode == 0, said + progress
    assert "holds: memory grows by" in said
    assert len(json.loads((tmp_path / "soak.json").read_text())["steps"]) == 6
    assert load_generators() == 0


def test_a_stress_that_never_ends_does_not_hold(
    ask: Callable[..., subprocess.Popen[str]], tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """With too little CPU even for the low rate, some requests are answered, and the verdict is no recovery."""
    before = api_limits()
    words = ("--users", "8000", "--cpus", "0.01", "--rate-seconds", "2", "--recovery-seconds", "10")
    running = ask(*words, target="stress")
    said, progress = running.communicate(timeout=300)
    found = json.loads((tmp_path / "stress.json").read_text())["verdict"]
    assert found["offered"] == pytest.approx(8000 / 1.75)
    assert found["best"] > 0, progress
    assert (found["holds"], found["deaths"]) == (False, 0)
    assert running.returncode != 0
    assert "did not recover" in said
    assert api_limits() == before
    measured(f"stress: {said.splitlines()[0]}")


def test_a_trial_under_given_limits_is_kept_with_its_verdict(
    ask: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """The given limits are set during the trial, and its verdict is written."""
    before = api_limits()
    words = ("--users", "200", "--step-users", "100", "--runs", "1", "--cpus", "0.2", "--hold-seconds", "2")
    running = ask(*words, "--memory", "200", target="trial")
    said, progress = running.communicate(timeout=200)
    assert running.returncode == 0, said + progress
    assert "1 of 1 hold" in said
    [line] = (tmp_path / "trial.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["limits"], kept["holds"]) == ({"cpus": 0.2, "memory_mib": 200, "replicas": 1}, True)
    assert kept["step"]["users_present"] == 200
    # A fifth of a core, and what the kernel lets pass at a period's end.
    assert 0 < kept["step"]["api_cores"] < 0.22
    assert api_limits() == before

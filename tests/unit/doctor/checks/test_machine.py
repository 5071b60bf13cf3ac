"""Cores, memory, disk and open files."""

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from doctor.checks.machine import find_machine_problems, memory_bytes
from doctor.compose_project import ComposeProject
from doctor.finding import Level
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, config, healthy, printed, recorded

MIB = 1 << 20


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def _changed(change: Callable[[dict[str, Any]], None], installation: Installation | None = None) -> Installation:
    """The installation with other settings of the Compose file."""
    settings = copy.deepcopy(config())
    change(settings["services"])
    return replace(installation or healthy(), project=ComposeProject.read(printed(json.dumps(settings))))


def _stopped(**engine: Any) -> Installation:
    """A machine on which the stack was not started; other facts of the engine."""
    info = {**json.loads(recorded("info.json")), **engine}
    return replace(healthy(answers={"info": printed(json.dumps(info))}), containers=())


@pytest.fixture(autouse=True)
def _roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with disk and memory, whatever the one of the tests has."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(1 << 40, 0, 1 << 40))
    monkeypatch.setattr("doctor.checks.machine._available_memory", lambda: 8 << 30)


def test_a_machine_that_is_enough() -> None:
    """Nothing is found, running or not."""
    assert codes(list(find_machine_problems(healthy()))) == []
    assert [finding.code for finding in find_machine_problems(_stopped()) if finding.code != "open-files"] == []


@pytest.mark.parametrize(
    ("text", "size"),
    [("536870912", 512 * MIB), ("512M", 512 * MIB), ("1.5g", 1536 * MIB), ("64mib", 64 * MIB), ("", 0)],
)
def test_memory_as_compose_writes_it(text: str, size: int) -> None:
    """With and without a unit."""
    assert memory_bytes(text) == size


def test_more_cores_than_there_are() -> None:
    """The engine of the record has two."""

    def change(services: dict[str, Any]) -> None:
        services["fastapi-app"]["deploy"]["resources"]["limits"]["cpus"] = 99

    [finding] = find_machine_problems(_changed(change))

    assert codes([finding]) == ["cpu-limit"]
    assert "API_CPU_LIMIT=99, y Docker tiene 2" in finding.what


def test_less_memory_than_is_reserved() -> None:
    """Docker refuses it."""

    def change(services: dict[str, Any]) -> None:
        services["fastapi-app"]["deploy"]["resources"]["limits"]["memory"] = str(64 * MIB)

    assert codes(list(find_machine_problems(_changed(change)))) == ["memory-limit"]


def test_more_files_than_the_kernel_allows() -> None:
    """Unless the gateway runs with them already."""

    def change(services: dict[str, Any]) -> None:
        services["gateway"]["ulimits"]["nofile"] = {"soft": 2_000_000_000, "hard": 2_000_000_000}

    [finding] = find_machine_problems(_changed(change, _stopped()))
    assert (finding.code, finding.level) == ("open-files", Level.FAULT)
    assert codes(list(find_machine_problems(_changed(change)))) == []


def test_more_files_than_this_shell_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker may have another limit: this is a warning."""
    monkeypatch.setattr("doctor.checks.machine.resource.getrlimit", lambda _which: (1024, 4096))

    [finding] = find_machine_problems(_stopped())

    assert (finding.code, finding.level) == ("open-files", Level.WARNING)
    assert "4096" in finding.remedy


def test_an_engine_with_little_memory() -> None:
    """As Docker Desktop, which gives its virtual machine a part of it."""
    found = [finding.code for finding in find_machine_problems(_stopped(MemTotal=900 * MIB))]

    assert "memory-small" in found


def test_memory_that_others_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only before the start: a running stack has its memory."""
    monkeypatch.setattr("doctor.checks.machine._available_memory", lambda: 600 * MIB)

    assert "memory-scarce" in [finding.code for finding in find_machine_problems(_stopped())]
    assert codes(list(find_machine_problems(healthy()))) == []


@pytest.mark.parametrize(("free", "level"), [(900 * MIB, Level.WARNING), (100 * MIB, Level.FAULT)])
def test_a_full_disk(free: int, level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a gigabyte; a fault when nothing is left."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: _Usage(1 << 40, 0, free))

    findings = list(find_machine_problems(healthy()))

    assert set(codes(findings)) == {"disk-full"}
    assert {finding.level for finding in findings} == {level}


def test_a_disk_without_room_for_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first start Docker's folder needs more."""
    docker = Path(json.loads(recorded("info.json"))["DockerRootDir"])
    free = {docker: 3 << 30}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: _Usage(1 << 40, 0, free.get(folder, 1 << 40)))

    assert "disk-full" in [finding.code for finding in find_machine_problems(_stopped())]
    assert codes(list(find_machine_problems(healthy()))) == []

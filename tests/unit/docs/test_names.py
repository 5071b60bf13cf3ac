"""Variables, services, containers and ports of the documentation are those of the Compose files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from load import think_time
from src.service.training.reference_data import EXAMPLE, TRUE_COEFFICIENTS, TRUE_INTERCEPT, true_value
from tests.unit.docs.markdown import ROOT, Document

COMPOSE = ("docker-compose-api.yml", "docker-compose-load-testing.yml")
README = Document.read("README.md")
TALLER = Document.read("Taller.md")
PROTOCOLS = [Document.read("docs/protocols.md"), Document.read("docs/protocols.en.md")]
DOCUMENTS = [README, Document.read("README.en.md"), TALLER, *PROTOCOLS]
# Read by a program of the stack, but not set by Compose.
ELSEWHERE = {"COMPOSE_PROFILES", "DOCKER_BUILDKIT"}

_VARIABLE = re.compile(r"(?<![\w.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w.])")
_DEFAULT = re.compile(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def _services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = {}
    for name in COMPOSE:
        services |= yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["services"]
    return services


def _example() -> dict[str, str]:
    """Variables of .env.example with their defaults; those that are commented out have none."""
    found = _DEFAULT.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    return {name: "" if mark else value for mark, name, value in found}


def test_the_table_of_variables_is_env_example() -> None:
    """The table has exactly the variables, with their defaults; without a default there is no `=`."""
    section = README.text.partition("## Variables de Entorno")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    spans = [span for row in rows for span in re.findall(r"`([^`]+)`", row)]
    documented = {name: value for name, _, value in (span.partition("=") for span in spans)}

    assert documented == _example()
    assert len(documented) == len(spans)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_variable_named_exists(document: Document) -> None:
    """Every variable in the documents is used by a Compose file or by a program of the stack."""
    assert set(_VARIABLE.findall(document.text)) <= set(_example()) | ELSEWHERE


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_container_named_exists(document: Document) -> None:
    """It is a container of Compose, a replica, or a container that the page itself names."""
    fixed = {service["container_name"] for service in _services().values() if "container_name" in service}
    own = set(re.findall(r"--name (\S+)", document.text))
    named = set(re.findall(r"docker (?:logs|stop|kill|restart) (\S+?)`?$", document.text, re.MULTILINE))
    named |= set(re.findall(r"docker (?:logs|stop|kill|restart) (\S+?)`", document.text))

    replicas = {name for name in named if re.fullmatch(r"taller5-fastapi-app-\d", name)}
    assert named - replicas <= fixed | own


def test_every_service_is_explained() -> None:
    """The table of the architecture has each service with its container."""
    section = README.text.partition("## Arquitectura")[2].partition("\n## ")[0]
    table = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in section.splitlines() if row[:2] == "| "}
    names = {name: container for cell, container in table.items() for name in re.findall(r"`([^`]+)`", cell)}

    services = _services()
    assert set(names) == set(services)
    for name, service in services.items():
        if "container_name" in service:
            assert names[name] == f"`{service['container_name']}`"


def test_services_in_commands_exist() -> None:
    """`run`, `exec`, `build`, `pull`, `logs` and `--scale` name services of their Compose file."""
    verbs = r"build|pull|logs|ps|exec|up -d|run(?: --rm| -v \S+| --entrypoint \S+)*"
    pattern = re.compile(rf"-f (\S+\.yml) (?:(?:{verbs})((?: [a-z][\w-]+)+)|up .*--scale( [\w-]+)=)")
    found = 0
    for document in DOCUMENTS:
        for file, typed, scaled in pattern.findall(document.text):
            services = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"]
            words = (typed or scaled).split()
            # What follows the service of `exec` and `run` is a command in the container.
            assert words[0] in services, (file, words)
            found += 1
    assert found > len(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_port_of_an_address_is_published(document: Document) -> None:
    """An address on localhost has a default port of the stack, or one that a command of the page opens."""
    example = _example()
    published = {value for name, value in example.items() if name.endswith("_PORT")}
    opened = set(re.findall(r"-p (\d+):", document.text)) | set(re.findall(r"(?:API|MLFLOW)_PORT=(\d+)", document.text))

    assert set(re.findall(r"localhost:(\d+)", document.text)) <= published | opened


def test_the_lines_for_a_remote_machine_are_tested() -> None:
    """Two variables open the pages, and the e2e test sets both."""
    [block] = [
        block for block in README.section("Abrir las páginas en una máquina remota") if block.language == "dotenv"
    ]
    names = re.findall(r"^(\w+)=", block.text, re.MULTILINE)

    assert names == ["PAGES_BIND", "PUBLIC_HOST"]
    tested = Path(ROOT, "tests/e2e/test_stack_open_pages.py").read_text(encoding="utf-8")
    assert all(f"{name}=" in tested for name in names)


def test_the_reference_function_is_that_of_the_trainer() -> None:
    """The formula in README has the constants of the trainer, and the first example its exact value."""
    terms = [f"{'+' if weight > 0 else '−'} {abs(weight):g}·{name}" for name, weight in TRUE_COEFFICIENTS.items()]  # noqa: RUF001 - the minus sign of the text
    assert " ".join([f"{TRUE_INTERCEPT:g}", *terms]) in README.text
    assert f"{true_value(EXAMPLE):g}" in README.text


def test_the_errors_are_those_of_the_api() -> None:
    """The table has exactly the kinds of errors of the API, each with its status.

    The packages of other protocols have error shapes of their own, without a kind.
    """
    section = README.text.partition("## Endpoints de la API")[2].partition("\n## ")[0]
    rows = [row.split("|")[1:3] for row in section.splitlines() if re.match(r"\| \d{3} \|", row)]
    documented = {(kind, int(status)) for status, kinds in rows for kind in re.findall(r"`(\w+)`", kinds)}
    protocols = ROOT / "inference_api/src/controller/protocols"
    paths = [
        path
        for path in (ROOT / "inference_api/src").rglob("*.py")
        if not path.is_relative_to(protocols) or path.parent == protocols
    ]
    sources = "".join(path.read_text(encoding="utf-8") for path in paths)
    declared = set(re.findall(r'status(?:: int)? = (\d{3})\n    kind(?:: str)? = "(\w+)"', sources))
    by_status = set(re.findall(r'(\d{3}): "(\w+)"', sources))

    # Only in the answers of /ready and /model, not an error answer.
    reported_only = {("model_unavailable", 503)}
    assert documented == {(kind, int(status)) for status, kind in declared | by_status} - reported_only


def test_the_figures_of_the_closed_loop_are_right() -> None:
    """10,000 users divided by wait and response time, as in Taller.md; the wait is that of Locust."""
    sums = re.findall(r"10 000 / ([\d.]+) = ([\d ]+) \| ([\d.]+) %", TALLER.text)

    assert len(sums) == 4
    for seconds, rate, share in sums:
        offered = 10_000 / float(seconds)
        assert round(offered) == int(rate.replace(" ", ""))
        assert round(offered / (10_000 / think_time.MEAN_SECONDS) * 100, 1) == float(share)

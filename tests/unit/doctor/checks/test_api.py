"""The API: a real server on loopback with its answers."""

import copy
import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from certificates import write_certificate

from doctor.checks.api import REASONS, find_api_problems
from doctor.compose_project import ComposeProject
from doctor.finding import Finding, Level, NotCheckedError
from doctor.installation import Installation
from tests.unit.doctor.examples import ROOT, codes, config, healthy, printed, with_container
from tests.unit.doctor.http_server import answering

READY = {"status": "ready", "model": "linear_regression_model", "version": "1"}
MODEL: Mapping[str, Any] = {"ready": True, "version": "1", "warnings": [], "last_reload_error": None}


def _on(port: int) -> Installation:
    """The stack with the gateway on this port."""
    settings = copy.deepcopy(config())
    settings["services"]["gateway"]["ports"][0].update(published=str(port), host_ip="127.0.0.1")
    return replace(healthy(), project=ComposeProject.read(printed(json.dumps(settings))))


def _find(ready: tuple[int, Any], model: Mapping[str, Any] = MODEL) -> list[Finding]:
    with answering({"/ready": ready, "/model": (200, dict(model))}) as port:
        return list(find_api_problems(_on(port)))


def test_a_ready_api() -> None:
    """Nothing is found."""
    assert codes(_find((200, READY))) == []


@pytest.mark.parametrize(("words", "why", "remedy"), REASONS, ids=[words for words, _, _ in REASONS])
def test_a_reason_of_ready(words: str, why: str, remedy: str) -> None:
    """The words of the API, what they mean, and the command for each."""
    answer = {"error": "not_ready", "detail": f"no model is serving yet: {words} now"}
    [finding] = _find((503, answer), {**MODEL, "ready": False})

    assert codes([finding]) == ["api-not-ready"]
    assert answer["detail"] in finding.what
    assert why in finding.why
    assert finding.remedy == remedy
    assert finding.level == (Level.NOTE if "loaded" in words else Level.FAULT)


def test_the_reasons_are_those_of_the_api() -> None:
    """Its code, or that of the gateway, has the words; one comes from MLflow."""
    folders = [ROOT / "inference_api/src/service", ROOT / "gateway"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".cfg", ".http"}]
    source = "".join(path.read_text(encoding="utf-8") for path in files)

    assert {words for words, _, _ in REASONS if words not in source} == {"Failed to list artifacts"}


def test_an_answer_that_leads_elsewhere() -> None:
    """A gateway with TLS sends its clients to HTTPS: nothing is known of the API then."""
    with pytest.raises(NotCheckedError, match="HTTPS"):
        _find((308, {}))


def _with_tls(port: int, tls_port: int | None) -> Installation:
    """The stack with the gateway on these ports, of which the second has TLS."""
    settings = copy.deepcopy(config())
    gateway = settings["services"]["gateway"]
    gateway["environment"]["TLS_CERTIFICATE"] = "server.pem"
    gateway["ports"][0].update(published=str(port), host_ip="127.0.0.1")
    second = {"target": 8443, "host_ip": "127.0.0.1"}
    # Compose prints no published port for a free one.
    gateway["ports"].append(second if tls_port is None else {**second, "published": str(tls_port)})
    return replace(healthy(), project=ComposeProject.read(printed(json.dumps(settings))))


@pytest.mark.parametrize("days", [90, -5])
def test_the_model_over_tls(days: int, tmp_path: Path) -> None:
    """With TLS the model is asked for there; the certificate may be self-signed, and its age is another check's."""
    certificate = write_certificate(tmp_path / "server.pem", "api.example", days=days)
    warned = {**MODEL, "warnings": ["scikit-learn differs"]}
    with (
        answering({"/ready": (200, READY), "/model": (308, {})}) as port,
        answering({"/model": (200, warned)}, certificate=certificate) as tls_port,
    ):
        found = list(find_api_problems(_with_tls(port, tls_port)))
        with pytest.raises(NotCheckedError, match="API_TLS_PUBLISH"):
            list(find_api_problems(_with_tls(port, None)))

    assert codes(found) == ["model-warning"]


def test_nobody_answers_over_tls() -> None:
    """The port without TLS would lead every client there."""
    with answering({"/ready": (200, READY)}) as port, socket.create_server(("127.0.0.1", 0)) as closed:
        tls_port = closed.getsockname()[1]
        closed.close()
        found = list(find_api_problems(_with_tls(port, tls_port)))

    assert codes(found) == ["api-tls-silent"]


def test_a_model_that_is_told_with_a_key_only() -> None:
    """With API_KEYS_FOR=all the doctor, which has no key, does not know the model."""
    with (
        pytest.raises(NotCheckedError, match="API_KEYS_FOR"),
        answering({"/ready": (200, READY), "/model": (401, {"error": "unauthorized"})}) as port,
    ):
        list(find_api_problems(_on(port)))


def test_another_reason() -> None:
    """What is not known is told as it is."""
    [finding] = _find((503, {"error": "not_ready", "detail": "the moon"}), {**MODEL, "ready": False})

    assert "the moon" in finding.what


@pytest.mark.parametrize("changes", [("mlflow", {"health": "starting"}), ("model-trainer", {"status": "running"})])
def test_no_model_yet(changes: tuple[str, dict[str, str]]) -> None:
    """While MLflow starts or the trainer works, it is a note."""
    answer = {"error": "not_ready", "detail": "no version of the model 'x' has the alias 'champion' yet"}
    with answering({"/ready": (503, answer), "/model": (200, {})}) as port:
        [finding] = find_api_problems(with_container(_on(port), changes[0], **changes[1]))

    assert finding.level is Level.NOTE


def test_a_warning_of_the_model() -> None:
    """Such as another version of scikit-learn; `versions.py` writes the sentence."""
    text = "the model was saved with scikit-learn 1.5.0 and is served with 1.7.2"
    [finding] = _find((200, READY), {**MODEL, "warnings": [text]})

    assert (finding.code, finding.level) == ("model-warning", Level.WARNING)
    assert text in finding.what


def test_a_version_that_is_refused() -> None:
    """The one before serves on; the reason is told."""
    error = {"error": "model_refused", "detail": "it is a pickle", "at": "2026-11-29T12:00:00+00:00"}
    [finding] = _find((200, READY), {**MODEL, "last_reload_error": error})

    assert (finding.code, finding.level) == ("model-refused", Level.WARNING)
    assert "it is a pickle" in finding.what


@pytest.mark.parametrize(
    ("answer", "remedy"), [("does not answer", "docker logs mlflow_server"), ("answered 401", "MLFLOW_API_PASSWORD")]
)
def test_a_registry_that_did_not_answer(answer: str, remedy: str) -> None:
    """It is no fault of a version; a refused password does not go away by waiting."""
    error = {"error": "registry_unavailable", "detail": f"MLflow at http://mlflow:5000 {answer}", "at": ""}
    [finding] = _find((200, READY), {**MODEL, "last_reload_error": error})

    assert (finding.code, finding.level) == ("registry-unavailable", Level.WARNING)
    assert remedy in finding.remedy


def test_an_api_that_does_not_answer() -> None:
    """Nothing listens behind the published port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert codes(list(find_api_problems(_on(probe.getsockname()[1])))) == ["api-silent"]


def test_a_gateway_that_is_down() -> None:
    """Another check says why."""
    with pytest.raises(NotCheckedError):
        list(find_api_problems(with_container(healthy(), "gateway", status="exited")))


def test_the_kinds_of_errors_are_those_of_the_api() -> None:
    """`registry_unavailable` is the kind of an unreachable registry."""
    assert 'kind = "registry_unavailable"' in Path(ROOT, "inference_api/src/errors.py").read_text(encoding="utf-8")

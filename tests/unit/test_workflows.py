"""The GitHub workflows run existing commands and publish the image of README."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _load(path: Path) -> dict[str, Any]:
    # BaseLoader: YAML 1.1 reads the key `on` as true.
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return loaded


def _steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def _step_using(action: str) -> dict[str, Any]:
    steps = _steps(_load(ROOT / ".github" / "workflows" / "publish.yml"))
    return next(step for step in steps if step.get("uses", "").startswith(f"{action}@"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each workflow in turn."""
    path: Path = request.param
    return _load(path)


def test_there_are_four_workflows() -> None:
    """One looks for vulnerabilities, one runs the tests, one those on Kubernetes, one publishes."""
    assert [path.name for path in WORKFLOWS] == ["audit.yml", "kubernetes.yml", "publish.yml", "test.yml"]


def test_every_command_is_an_executable_file(workflow: dict[str, Any]) -> None:
    """Otherwise a workflow would fail only after the push."""
    for step in _steps(workflow):
        if "run" in step:
            assert os.access(ROOT / step["run"].split()[0], os.X_OK), step["run"]


def test_every_action_is_pinned_to_a_version(workflow: dict[str, Any]) -> None:
    """A branch would change."""
    for step in _steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", step["uses"]), step["uses"]


def test_the_token_of_a_workflow_can_only_read(workflow: dict[str, Any]) -> None:
    """No workflow writes to the repository."""
    assert workflow["permissions"] == {"contents": "read"}


def test_pushes_and_pull_requests_are_tested() -> None:
    """The publishing workflow tests tags."""
    triggers = _load(ROOT / ".github" / "workflows" / "test.yml")["on"]

    assert {"push", "pull_request", "workflow_call"} <= set(triggers)


def test_vulnerabilities_are_looked_up_weekly_and_for_every_changed_pin() -> None:
    """They become known later than the pins are made."""
    triggers = _load(ROOT / ".github" / "workflows" / "audit.yml")["on"]

    assert [len(entry["cron"].split()) for entry in triggers["schedule"]] == [5]
    for event in ("push", "pull_request"):
        assert "**/requirements*.txt" in triggers[event]["paths"]


def test_only_a_version_tag_whose_tests_pass_is_published() -> None:
    """No branch is published, and no commit whose tests fail."""
    workflow = _load(ROOT / ".github" / "workflows" / "publish.yml")

    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    assert workflow["jobs"]["test"] == {"uses": "./.github/workflows/test.yml"}
    assert workflow["jobs"]["publish"]["needs"] == "test"


def test_the_published_image_is_multi_arch_with_sbom_and_provenance() -> None:
    """It is built from the Dockerfile of Compose."""
    build = _step_using("docker/build-push-action")["with"]

    assert build["platforms"].split(",") == ["linux/amd64", "linux/arm64"]
    assert (build["push"], build["sbom"], build["provenance"]) == ("true", "true", "mode=max")
    assert (ROOT / build["file"]).is_file()
    assert (ROOT / build["file"]).parent == ROOT / build["context"]


def test_the_published_image_is_named_as_in_the_readme() -> None:
    """USER/inference-fast-api with the git tag, and latest unless it is a pre-release."""
    metadata = _step_using("docker/metadata-action")["with"]

    assert metadata["images"] == "${{ secrets.DOCKERHUB_USERNAME }}/inference-fast-api"
    assert metadata["tags"] == "type=ref,event=tag"
    assert metadata["flavor"] == "latest=${{ !contains(github.ref_name, '-') }}"


def test_the_login_uses_a_token() -> None:
    """The two secrets are those of CONTRIBUTING."""
    login = _step_using("docker/login-action")["with"]

    assert login == {
        "username": "${{ secrets.DOCKERHUB_USERNAME }}",
        "password": "${{ secrets.DOCKERHUB_TOKEN }}",
    }
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "DOCKERHUB_USERNAME" in contributing
    assert "DOCKERHUB_TOKEN" in contributing

"""The rules of docs/architecture.md: which package may import which, and that the named paths exist."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOAD_TEST = {"capacity": ROOT / "locust/capacity", "load": ROOT / "locust/load"}
WITHOUT_INSTALLATION = {"doctor": ROOT / "doctor", "env_file": ROOT / "env_file"}
PROGRAMS = {"src": ROOT / "inference_api/src", **LOAD_TEST, **WITHOUT_INSTALLATION}
# What the doctor asks for refused values: it imports nothing but the standard library either.
ASKED_BY_THE_DOCTOR = {"src.settings", "credentials", "accounts", "configuration"}
WEB_FRAMEWORKS = {"fastapi", "starlette", "uvicorn", "httptools"}
BOTH = {"src.service.content_digest", "src.service.feature_profile", "src.service.network_route"}
MLFLOW_USERS = ("src.service.fetching", "src.service.verification", "src.service.training", "src.service.flavors")


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the programs, with its dotted name."""
    for program, folder in PROGRAMS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join((program, *parts)).removesuffix(".__init__"), path


def imports_of(path: Path) -> set[str]:
    """The dotted names that a module imports, those inside of functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


MODULES = dict(modules())
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def module_of(name: str) -> str | None:
    """The module of this project that an imported name belongs to; None for a library's."""
    while name:
        if name in MODULES:
            return name
        name = name.rpartition(".")[0]
    return None


def package_of(module: str) -> str:
    """The package of a module. A module beside sub-packages, such as `src.errors`, counts by itself."""
    package = module.rpartition(".")[0]
    has_packages = any(other.rpartition(".")[0] == package for other in PACKAGES)
    return module if module in PACKAGES or has_packages else package


def test_packages_import_in_one_direction() -> None:
    """No package is imported, directly or through others, by what it imports itself."""
    packages: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        package = packages.setdefault(package_of(name), set())
        package |= {package_of(module) for imported in imports_of(path) if (module := module_of(imported))}
        package.discard(package_of(name))
    assert list(TopologicalSorter(packages).static_order())


def test_only_the_controller_knows_a_web_framework() -> None:
    """FastAPI, Starlette and uvicorn are imported under `controller` and by the program's start alone."""
    users = {name for name, path in MODULES.items() if {i.split(".")[0] for i in imports_of(path)} & WEB_FRAMEWORKS}
    assert {name for name in users if not name.startswith("src.controller.")} == {"src.__main__"}


def test_only_fetching_and_training_know_mlflow() -> None:
    """What serves imports no MLflow: it is in the child process that fetches, and in the trainer."""
    users = {name for name, path in MODULES.items() if any(i.split(".")[0] == "mlflow" for i in imports_of(path))}
    assert users
    assert {name for name in users if not name.startswith(MLFLOW_USERS)} == set()


def test_training_and_serving_share_the_registry_only() -> None:
    """Neither imports the other; they share how a server is reached, how files are digested, and a file's format."""
    training = ("src.service.training", "src.service.training_standalone")
    for name, path in MODULES.items():
        mine = {m for i in imports_of(path) if (m := module_of(i)) and m.startswith("src.") and m not in PACKAGES}
        if name.startswith(training):
            assert {m for m in mine if not m.startswith(training)} <= BOTH, name
        else:
            assert not {m for m in mine if m.startswith(training)}, name


def test_the_load_test_knows_the_service_by_http_only() -> None:
    """Nothing under `locust/` imports the service."""
    for name, path in MODULES.items():
        if name.split(".")[0] in LOAD_TEST:
            assert not {i for i in imports_of(path) if i.split(".")[0] == "src"}, name


def test_the_doctor_needs_nothing_but_python() -> None:
    """It and `make secrets` import the standard library, themselves, and what reads settings; Python 3.9 reads them."""
    for name, path in MODULES.items():
        if name.split(".")[0] not in WITHOUT_INSTALLATION:
            continue
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
        known = sys.stdlib_module_names | WITHOUT_INSTALLATION.keys()
        foreign = {i for i in imports_of(path) if i.split(".")[0] not in known}
        assert {i for i in foreign if not i.startswith(tuple(ASKED_BY_THE_DOCTOR))} == set(), name


def test_no_class_name_means_two_things() -> None:
    """A public class has a name of its own within its program."""
    owners: dict[tuple[str, str], list[str]] = {}
    for name, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                owners.setdefault((name.split(".")[0], node.name), []).append(name)
    assert {key: names for key, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_says_what_lives_in_it(package: str) -> None:
    """`__init__.py` is a docstring of one or two lines and nothing else."""
    tree = ast.parse(MODULES[package].read_text(encoding="utf-8"))
    assert len(tree.body) == 1
    assert len((ast.get_docstring(tree) or "").splitlines()) in {1, 2}


def test_every_path_of_the_architecture_exists() -> None:
    """Every file or folder that docs/architecture.md names exists."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.-]+/)*[\w.-]+(?:/|\.(?:py|yml|cfg|md|toml|jinja|example)))`", text))
    assert len(named) > 20
    folders = [
        ROOT,
        ROOT / "inference_api/src",
        ROOT / "inference_api/src/controller",
        ROOT / "inference_api/src/service",
    ]
    folders += [ROOT / "locust", ROOT / "locust/capacity"]
    assert {name for name in named if not any((folder / name).exists() for folder in folders)} == set()

"""A clean copy of the checkout, and an environment without its variables."""

import os
import re
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def copy_checkout(target: Path) -> None:
    """Copy what a clone would have, including uncommitted work and without ignored files."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = REPOSITORY / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def clean_environment() -> dict[str, str]:
    """The caller's environment without the variables of the Compose files and of MLflow's client."""
    names = set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE))
    others = ("COMPOSE_", "MLFLOW_")
    return {name: value for name, value in os.environ.items() if name not in names and not name.startswith(others)}

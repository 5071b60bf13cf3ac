"""Which test file changed which registered model.

All files of a process share one MLflow server, and a file cannot know which others ran there before. A name that two
files use fails a test in some distributions of the files over the processes, and in others it does not.
"""

from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx


class ModelOwners:
    """The registered models of a server, and the files that changed them."""

    def __init__(self, server: str, record: Path, shared: Collection[str] = ()) -> None:
        """Begin with a server whose models have no owners.

        Args:
            server: MLflow's base URL.
            record: A folder that all processes of the run share: a name must not be used by files of two processes
                either, because another run may give them to one.
            shared: Names that several files may use.
        """
        self._server, self._record, self._shared = server, record, frozenset(shared)
        self._found: dict[str, Any] = {}

    def conflicts(self, file: str) -> list[str]:
        """Look for the models that changed since the last call, all by this file.

        Returns:
            A sentence for each that belongs to another file.
        """
        before, self._found = self._found, self._models()
        changed = [name for name, model in self._found.items() if model != before.get(name)]
        owners = {name: self._owner(name, file) for name in changed if name not in self._shared}
        return [
            f"the registered model {name!r} is used by {owner} and by {file}: one of them needs another name"
            for name, owner in owners.items()
            if owner != file
        ]

    def _models(self) -> dict[str, Any]:
        """Each model with its aliases, its tags, and when its last version came."""
        found: dict[str, Any] = {}
        page = {"max_results": "1000"}
        while True:
            answer = httpx.get(f"{self._server}/api/2.0/mlflow/registered-models/search", params=page, timeout=30)
            body = answer.raise_for_status().json()
            found |= {model["name"]: model for model in body.get("registered_models", ())}
            if not body.get("next_page_token"):
                return found
            page["page_token"] = body["next_page_token"]

    def _owner(self, name: str, file: str) -> str:
        """The first file of the run that changed the model."""
        link = self._record / sha256(name.encode()).hexdigest()
        try:
            link.symlink_to(file)  # of several processes that do it at once one succeeds
        except FileExistsError:
            return str(link.readlink())
        return file

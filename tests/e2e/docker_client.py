"""A configuration of the Docker client with a proxy."""

import json
import os
from pathlib import Path

NOBODY = "http://ana:secret@127.0.0.1:9"
"""A proxy where nobody listens: what is asked through it fails."""


def configure_proxy(folder: Path, proxy: str = NOBODY) -> None:
    """Make a folder for DOCKER_CONFIG: the user's configuration, with a proxy that Docker sets in every container.

    https://docs.docker.com/engine/cli/proxy/
    """
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    for entry in own.iterdir() if own.is_dir() else ():
        if entry.name != "config.json":  # plugins, contexts, the state of buildx
            (folder / entry.name).symlink_to(entry)
    config = json.loads((own / "config.json").read_text()) if (own / "config.json").is_file() else {}
    config["proxies"] = {"default": dict.fromkeys(("httpProxy", "httpsProxy", "allProxy"), proxy)}
    (folder / "config.json").write_text(json.dumps(config))

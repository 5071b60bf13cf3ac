"""The text that is printed once everything runs: pages and first commands."""

import json
import shlex
import sys

from local_stack.probe import ask
from local_stack.settings import Settings

_PROXIES = {"http_proxy", "all_proxy", "ALL_PROXY"}
_REFERENCE = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}


def welcome(settings: Settings) -> str:
    """Name the pages and the first commands, with the request that fits the model being served."""
    api = f"http://localhost:{settings.api_port}"
    body = shlex.quote(json.dumps(_example(settings), ensure_ascii=False))
    # curl would use the proxy of the user's shell even for this machine.
    curl = "curl --noproxy localhost" if _PROXIES & settings.environment.keys() else "curl"
    folder, python = (shlex.quote(str(path)) for path in (settings.root / "inference_api", sys.executable))
    return f"""
Todo en marcha.
  API       {api}        documentación en {api}/docs
  MLflow    http://localhost:{settings.mlflow_port}
  Registros {settings.logs}

Prueba una predicción en otra terminal:
  {curl} -X POST {api}/predict -H 'Content-Type: application/json' -d {body}

Entrena y publica otro modelo; la API lo toma sin reiniciarse:
  cd {folder} && \\
  {python} -m src.service.training_standalone \\
    --tracking-uri {settings.mlflow_url} --dataset diabetes --force

Para detener todo: Ctrl-C. Los modelos quedan en {settings.home} para la próxima vez.
"""


def _example(settings: Settings) -> object:
    answer = ask(f"{settings.api_url}/openapi.json")
    try:
        return (answer.json() if answer else {})["paths"]["/predict"]["post"]["requestBody"]["content"][
            "application/json"
        ]["example"]
    except (KeyError, TypeError):
        return _REFERENCE

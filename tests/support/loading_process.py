"""Loads models as the service does, in a process that has imported nothing else: `python loading_process.py FILE`.

FILE holds a JSON list of steps, each a list of a kind and its arguments; the answers are printed as one JSON list.
"""

import json
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

SERVICE = Path(__file__).parents[2] / "inference_api"
HEAVY = ("boto3", "mlflow", "pandas", "polars", "pyarrow", "scipy.optimize", "scipy.stats")


def heavy() -> list[str]:
    """The imported modules that a model on the matrix path does not need."""
    return [name for name in HEAVY if name in sys.modules]


def load(place: str) -> list[Any]:
    """Load a bundle; returns the encoding and the answer to its example."""
    bundle = import_module("src.service.registry.bundle").Bundle.read(Path(place))
    model = import_module("src.service.lifecycle.load_model").load_model(bundle, Path(place), allow_pickle=False)
    return [model.encoder.path, model.predict(model.schema.rows_of([bundle.example]))[0]]


def answers(file: str, data: str) -> list[Any]:
    """Load many estimators from one folder and predict the same rows with each."""
    import numpy as np  # noqa: PLC0415 - what the service imports by itself

    load_estimator = import_module("src.service.flavors.sklearn.loader").load_estimator
    rows = np.load(data)
    found = []
    for path in sorted(Path(file).glob("*.skops")):
        estimator = load_estimator(path, "skops", allow_pickle=False)
        method = estimator.predict if hasattr(estimator, "predict") else estimator.transform
        found.append([path.stem, np.asarray(method(rows)).tolist(), heavy()])
    return found


def modules(root: str) -> list[str]:
    """Import each of these modules with lazy imports; returns those that fail."""
    failed = []
    with import_module("src.service.flavors.lazy_imports").deferred_imports():
        for name in json.loads(Path(root).read_text()):
            try:
                import_module(name)
            except Exception as error:  # noqa: BLE001 - the test shows it
                failed.append(f"{name}: {error!r}")
    return failed


def application() -> list[str]:
    """Build the application."""
    app = import_module("src.controller.inference").create_app(import_module("src.settings").Settings())
    return [app.title]


STEPS: Final[dict[str, Callable[..., Any]]] = {
    "load": load,
    "answers": answers,
    "modules": modules,
    "heavy": heavy,
    "application": application,
}

if __name__ == "__main__":
    sys.path.insert(0, str(SERVICE))
    warnings.simplefilter("ignore")
    steps = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(json.dumps([STEPS[kind](*arguments) for kind, *arguments in steps]) + "\n")

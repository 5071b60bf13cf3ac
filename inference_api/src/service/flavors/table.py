"""The flavors that this service serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.interface import Flavor
from src.service.flavors.sklearn.flavor import SklearnFlavor

FLAVORS: Final[Mapping[str, Flavor]] = {flavor.name: flavor for flavor in (SklearnFlavor(),)}


def find_flavor(mlmodel: Mapping[str, Any]) -> Flavor:
    """The flavor of a model.

    Args:
        mlmodel: The parsed MLmodel file.

    Raises:
        ModelRefusedError: When the model is of another flavor.
    """
    logged: dict[str, Any] = mlmodel.get("flavors", {})
    pyfunc = logged.get("python_function", {})
    for name, flavor in FLAVORS.items():
        if logged.get(name) and (not pyfunc or pyfunc.get("loader_module") == flavor.loader_module):
            return flavor
    names = ", ".join(sorted(set(logged) - {"python_function"})) or pyfunc.get("loader_module", "none")
    raise ModelRefusedError(f"the model's flavor is {names}; this service serves the {', '.join(FLAVORS)} flavor")

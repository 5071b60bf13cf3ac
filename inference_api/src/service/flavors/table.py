"""The flavors that this service serves."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from src.errors import ModelRefusedError
from src.service.flavors.interface import Flavor
from src.service.flavors.lightgbm.flavor import LightGBMFlavor
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.flavors.xgboost.flavor import XGBoostFlavor

FLAVORS: Final[Mapping[str, Flavor]] = {
    flavor.name: flavor for flavor in (SklearnFlavor(), XGBoostFlavor(), LightGBMFlavor())
}


def find_flavor(mlmodel: Mapping[str, Any]) -> Flavor:
    """The flavor of a model.

    Args:
        mlmodel: The parsed MLmodel file.

    Raises:
        ModelRefusedError: When the model is of another flavor, or of one whose library is not installed.
    """
    logged: dict[str, Any] = mlmodel.get("flavors", {})
    pyfunc = logged.get("python_function", {})
    for name, flavor in FLAVORS.items():
        if logged.get(name) and (not pyfunc or pyfunc.get("loader_module") == flavor.loader_module):
            return installed_flavor(name)
    names = ", ".join(sorted(set(logged) - {"python_function"})) or pyfunc.get("loader_module", "none")
    raise ModelRefusedError(f"the model's flavor is {names}; this service serves the flavors {', '.join(FLAVORS)}")


def installed_flavor(name: str) -> Flavor:
    """The flavor of this name.

    Raises:
        ModelRefusedError: When its library is not installed.
    """
    flavor = FLAVORS[name]
    if find_spec(flavor.library) is None:
        raise ModelRefusedError(
            f"the model's flavor is {name}, and {flavor.library_name} is not installed: build the image with "
            f"FLAVORS={name}"
        )
    return flavor

"""Which endpoint a path belongs to."""

from typing import Any
from urllib.parse import quote

import pytest

from src.controller.protocols.endpoint import ReadRequest, RequestParameters
from src.controller.protocols.json_rows import SingleRow
from src.controller.protocols.paths import EndpointPaths
from src.errors import ApiError
from src.service.prediction.model import LoadedModel


class _Named(SingleRow):
    """An endpoint with parameters in its path."""

    path = "/v2/models/{model}/versions/{version}/infer"  # type: ignore[misc]  # final where it is the service's own

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """Not used here."""
        raise NotImplementedError

    def error_content(self, error: ApiError) -> bytes:
        """Not used here."""
        raise NotImplementedError

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Not used here."""
        raise NotImplementedError


PLAIN, NAMED = SingleRow(), _Named()
PATHS = EndpointPaths([PLAIN, NAMED])


def test_a_path_without_parameters() -> None:
    """It is found as it is."""
    assert PATHS.find("/predict") == (PLAIN, {})


@pytest.mark.parametrize("name", ["iris", "a.b-c_1", "ñandú", "a b"])
def test_parameters_are_decoded(name: str) -> None:
    """A parameter is one segment, with its percent-encoding undone."""
    path = f"/v2/models/{quote(name)}/versions/3/infer"
    assert PATHS.find(path) == (NAMED, {"model": name, "version": "3"})


@pytest.mark.parametrize(
    "path",
    ["/predict/", "/Predict", "/v2/models//versions/3/infer", "/v2/models/a/infer", "/v2/models/a/b/versions/3/infer"],
)
def test_other_paths(path: str) -> None:
    """Another path is of no endpoint."""
    assert PATHS.find(path) is None


def test_starts() -> None:
    """The first bytes of a request tell early that it cannot be of any endpoint."""
    assert set(PATHS.starts) == {"/predict ", "/predict?", "/v2/models/"}

"""Compares the answers of two servers of MLflow's scoring protocol."""

import math
from typing import Any

import httpx
from scoring_bodies import Body, every_form


def invoke(client: httpx.Client, body: Body) -> httpx.Response:
    """`POST /invocations`."""
    return client.post("/invocations", content=body.content, headers={"Content-Type": body.media_type})


def compare_forms(ours: httpx.Client, theirs: httpx.Client, data: Any) -> list[str]:
    """Assert that the service answers the rows in each form that MLflow's server answers them in, and equally.

    Args:
        ours: A client of the service.
        theirs: A client of MLflow's server.
        data: A DataFrame or an array.

    Returns:
        The forms that MLflow's server answered.
    """
    answered = []
    for body in every_form(data):
        wanted, found = invoke(theirs, body), invoke(ours, body)
        if wanted.is_success:
            assert found.status_code == 200, f"{body.form}: {found.text}"
            assert same_predictions(found.json(), wanted.json()), body.form
            answered.append(body.form)
    return answered


def same_predictions(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether both bodies are `{"predictions": [...]}` with the same values, up to rounding."""
    pairs = zip(found["predictions"], wanted["predictions"], strict=True)
    return found.keys() == wanted.keys() == {"predictions"} and all(_same(*pair) for pair in pairs)


def _same(found: Any, wanted: Any) -> bool:
    if type(found) is not type(wanted):
        return False
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(_same(*pair) for pair in zip(found, wanted, strict=True))
    if isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=1e-6)  # BLAS adds in another order for other numbers of rows
    return bool(found == wanted)

"""The trees of a Booster, evaluated by scikit-learn's compiled code, and added in the order in which XGBoost adds.

A call of XGBoost takes 100 us for a single row, most of which is spent around the trees; for many rows it is faster.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Computation, Matrix, Step
from src.service.flavors.lazy_imports import deferred_imports
from src.service.flavors.sklearn.direct.labels import ArgmaxLabels, SignLabels
from src.service.flavors.sklearn.direct.trees import LeafSums, merged_sums

MAX_BYTES: Final = 4 << 20
"""Limit of memory: a thousand trees of the usual depth take 4 MiB as JSON, six times that while they are read."""
_VALUES: Final = frozenset({"reg:absoluteerror", "reg:pseudohubererror", "reg:squarederror"})
"""Objectives whose predictions are the sums."""


def find_computation(booster: Any, classes: Matrix | None, rounds: int) -> Computation | None:
    """The computation of `predict`, or None for large models, and for unusual boosters, objectives and splits.

    Args:
        booster: The Booster.
        classes: The classes of a classifier; None for what predicts values.
        rounds: Number of rounds whose trees are added; 0 for all.
    """
    text = booster.save_raw("json")
    if len(text) > MAX_BYTES:
        return None
    learner = json.loads(text)["learner"]
    shape, boosted = learner["learner_model_param"], learner["gradient_booster"]
    postprocess = _postprocess(learner["objective"]["name"], classes)
    if boosted["name"] != "gbtree" or shape["num_target"] != "1" or postprocess is None:
        return None
    model = boosted["model"]
    count = model["iteration_indptr"][rounds or -1]
    trees = model["trees"][:count]
    if any(tree["categories"] or tree["tree_param"]["size_leaf_vector"] != "1" for tree in trees):
        return None
    with deferred_imports():
        import sklearn.tree  # noqa: F401, PLC0415 - imported with the first model, not before

    outputs, columns = max(int(shape["num_class"]), 1), int(shape["num_feature"])
    start = np.broadcast_to(np.float32(json.loads(shape["base_score"])), outputs)
    if isinstance(postprocess, SignLabels):
        start = -np.log(1 / start - 1)  # the base score is a probability
    values = [
        start.reshape(1, -1),
        *(_leaf_values(*pair, outputs) for pair in zip(trees, model["tree_info"], strict=False)),
    ]
    sums = merged_sums([_tree(_CONSTANT, columns), *(_tree(tree, columns) for tree in trees)], values)
    if sums is None:
        return None

    def of_many(single: Matrix) -> Matrix:
        margins: Matrix = booster.inplace_predict(
            single, iteration_range=(0, rounds), predict_type="margin", validate_features=False
        )
        return margins.reshape(len(single), outputs)

    many = LeafSums(of_many, missing=True)
    return Computation(LeafSums(sums, missing=True), postprocess, raw_of_many=many)


_CONSTANT: Final[Mapping[str, Sequence[float]]] = {
    "left_children": [-1],
    "right_children": [-1],
    "split_indices": [0],
    "split_conditions": [0.0],
    "default_left": [0],
}


def _postprocess(objective: str, classes: Matrix | None) -> Step | None:
    if classes is None:
        return np.ravel if objective in _VALUES else None
    if objective == "multi:softprob":
        return ArgmaxLabels(classes)
    return SignLabels(classes) if objective == "binary:logistic" else None


def _leaf_values(tree: Mapping[str, Any], output: int, outputs: int) -> Matrix:
    values = np.zeros((len(tree["left_children"]), outputs), dtype=np.float32)
    values[:, output] = tree["split_conditions"]  # of a leaf it is the value
    return values


def _tree(tree: Mapping[str, Any], columns: int) -> Any:
    """The same tree in scikit-learn: values up to the threshold go to the left, in XGBoost those below it."""
    from sklearn.tree._tree import NODE_DTYPE, Tree  # noqa: PLC0415 - as above

    nodes = np.zeros(len(tree["left_children"]), dtype=NODE_DTYPE)
    nodes["left_child"] = tree["left_children"]
    nodes["right_child"] = tree["right_children"]
    nodes["feature"] = tree["split_indices"]
    nodes["threshold"] = np.nextafter(np.array(tree["split_conditions"], dtype=np.float32), np.float32(-np.inf))
    nodes["missing_go_to_left"] = tree["default_left"]
    found = Tree(columns, np.ones(1, dtype=np.intp), 1)
    found.__setstate__(
        {"max_depth": len(nodes), "node_count": len(nodes), "nodes": nodes, "values": np.zeros((len(nodes), 1, 1))}
    )
    return found

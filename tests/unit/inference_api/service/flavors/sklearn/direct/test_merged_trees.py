"""Merging trees."""

import numpy as np
import pytest

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.merged_trees import Fields, MergedTrees, merge, total

FIELDS = Fields("l", "r", "f", "t")
NODES = np.dtype([("l", "i8"), ("r", "i8"), ("f", "i8"), ("t", "f8"), ("name", "i8")])


def stump(name: int, threshold: float) -> Matrix:
    """A tree with two leaves whose values identify the tree."""
    return np.array(
        [(1, 2, 0, threshold, -1), (-1, -1, -2, -2.0, name * 10), (-1, -1, -2, -2.0, name * 10 + 1)], dtype=NODES
    )


def walk(nodes: Matrix, row: Matrix) -> int:
    """The leaf that a row reaches."""
    place = 0
    while nodes[place]["l"] >= 0:
        place = nodes[place]["l" if row[nodes[place]["f"]] <= nodes[place]["t"] else "r"]
    return int(nodes[place]["name"])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 33])
def test_every_tree_is_found(count: int) -> None:
    """The number in the last column selects its tree, and each tree evaluates as before."""
    trees = [stump(number, number / 2) for number in range(count)]
    nodes, roots = merge(trees, [tree["l"] < 0 for tree in trees], FIELDS, 1)
    assert len(nodes) == roots[0] + 3 * count
    for number in range(count):
        for value in (-1.0, number / 2, 100.0):
            assert walk(nodes, np.array([value, number])) == walk(trees[number], np.array([value]))


def test_original_trees_are_unchanged() -> None:
    """Merging does not change the original trees."""
    trees = [stump(0, 1.0), stump(1, 1.0)]
    merge(trees, [tree["l"] < 0 for tree in trees], FIELDS, 1)
    assert (trees[1] == stump(1, 1.0)).all()


def test_all_trees_are_evaluated_on_all_rows() -> None:
    """One call gets every row for every tree, with the tree's number; values are ordered by tree and row."""
    merged_trees = MergedTrees(lambda asked: asked @ [1.0, 10.0, 100.0], 3, 2, np.float64)
    assert merged_trees(np.array([[1, 2], [3, 4]]))[:, :, 0].tolist() == [[21, 43], [121, 143], [221, 243]]


def test_another_number_of_columns_is_an_error() -> None:
    """Rows with another number of columns raise an error."""
    with pytest.raises(ValueError, match="broadcast"):
        MergedTrees(np.copy, 3, 2, np.float64)(np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(1000, 1, 1), (1000, 1, 3), (1000, 7, 1), (1, 2, 2)])
def test_total_is_added_in_order(shape: tuple[int, ...]) -> None:
    """The sum is equal in every bit to adding in sequence."""
    values = np.random.default_rng(1).normal(0, 1e3, shape)
    one_by_one = np.zeros(shape[1:])
    for value in values:
        one_by_one += value
    np.testing.assert_array_equal(total(values), one_by_one)

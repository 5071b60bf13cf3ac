"""The audit of a skops file: each kind of node has a rule, according to how loading and predicting use it.

skops' own audit compares only names, in any kind of node: a name that is trusted as a function could be called during
loading with arguments from the file.

A search keeps its scorers, distributions and splitters, which only fitting uses. Such an attribute is replaced in the
loaded estimator when it holds something that is not trusted: it is not constructed, and predicting does not need it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from src.service.flavors.sklearn.trusted_types import (
    is_missing,
    is_trusted_class,
    is_trusted_function,
    is_trusted_named_tuple,
    is_trusted_type,
    is_trusted_value,
)

if TYPE_CHECKING:
    from skops.io._audit import Node

_FITTING_ONLY: Final = {
    "_checked_cv_orig": None,
    "_skl_callbacks": None,
    "cv": None,
    "cv_results_": None,
    "fun": None,
    "init": None,
    "is_data_valid": None,
    "is_model_valid": None,
    "memory": None,
    "optimizer": None,
    "param_distributions": None,
    "param_grid": None,
    "refit": True,
    "score_func": None,
    "scorer_": None,
    "scoring": None,
    "strategy": None,
}
"""Attributes that scikit-learn's estimators use to fit, not to predict, with their replacements."""

# Methods that predict or transform; the others set parameters or fit.
_METHODS: Final = frozenset(
    {"__call__", "decision_function", "inverse_transform", "predict", "predict_log_proba", "predict_proba", "transform"}
)
_DATA_NODES: Final = frozenset({"DictNode", "ObjectNode", "TypeNode"})  # only the first calls its class, with a dict
_CLASS_NODES: Final = frozenset({"ObjectNode", "TreeNode"})
_VECTORIZERS: Final = "sklearn.feature_extraction.text"
_COLUMN_TRANSFORMER: Final = "sklearn.compose._column_transformer.ColumnTransformer"
_COLUMNS: Final = 2  # index in the tuple (name, transformer, columns)


@dataclass(slots=True)
class Audit:
    """The findings about a file.

    Attributes:
        refused: Types that are not trusted.
        missing: Types that the installed scikit-learn does not have.
        left_out: Attributes that were replaced.
        also_trusted: Full names of classes that are trusted beside the rules; they take no arguments from the file.
    """

    refused: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    also_trusted: Collection[str] = ()
    _vectorizers: list[Node] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, root: Node, also_trusted: Collection[str] = ()) -> Audit:
        """Judge all nodes of a tree, and leave out what is used to fit only and not trusted."""
        audit = cls(also_trusted=also_trusted)
        pending = [root]
        while pending:
            node = pending.pop()
            if id(node) not in audit._seen:
                audit._seen.add(id(node))
                audit._audit_node(node)
                pending += _children(node)
        return audit

    def file_readers(self) -> set[str]:
        """The vectorizers that read files named by their input; call it after the estimator was constructed."""
        built = [(node, vars(node.construct()).get("input", "content")) for node in self._vectorizers]
        return {
            f"{'.'.join(_full_name(node))}(input={source!r})"
            for node, source in built
            if not isinstance(source, str) or source not in {"content", "file"}
        }

    def _audit_node(self, node: Node) -> None:
        module, name = _full_name(node)
        if not (_is_trusted(node) or self._is_also_trusted(node)):
            (self.missing if is_missing(module, name) else self.refused).add(_display_name(node))
        elif type(node).__name__ == "ObjectNode":
            self._replace_attributes(node)
            if module == _VECTORIZERS:
                self._vectorizers.append(node)

    def _is_also_trusted(self, node: Node) -> bool:
        return type(node).__name__ in _DATA_NODES and ".".join(_full_name(node)) in self.also_trusted

    def _replace_attributes(self, node: Node) -> None:
        attributes = _content(node.children.get("attrs"))
        for name in _FITTING_ONLY.keys() & attributes.keys():
            if not self._is_trusted_tree(attributes[name]):
                attributes[name] = _literal(_FITTING_ONLY[name])
                self.left_out.add(f"{node.class_name}.{name}")
        if f"{node.module_name}.{node.class_name}" == _COLUMN_TRANSFORMER:
            # A function that selects columns is called by `fit`; `transformers_` has the selected columns.
            for entry in _list(attributes.get("transformers")):
                fields = _list(entry)
                if len(fields) > _COLUMNS and not self._is_trusted_tree(fields[_COLUMNS]):
                    fields[_COLUMNS] = _literal(None)
                    self.left_out.add(f"{node.class_name}.transformers")

    def _is_trusted_tree(self, root: Node) -> bool:
        audit = Audit.of(root, self.also_trusted)
        return not audit.refused and not audit.missing


def _is_trusted(node: Node) -> bool:
    kind = type(node).__name__
    module, name = _full_name(node)
    if kind in {"CachedNode", "JsonNode", "SliceNode"}:
        return True  # a reference to another node, or a plain value
    if kind == "FunctionNode":
        return not node.get_unsafe_set() or is_trusted_function(module, name)
    if kind == "MethodNode":
        owner: Any = node.children["obj"]
        trusted = type(owner).__name__ == "ObjectNode" and is_trusted_class(owner.module_name, owner.class_name)
        return trusted and node.children["func"] in _METHODS
    if kind == "RandomGeneratorNode":
        return not node.get_unsafe_set()
    if node.is_self_safe():  # by skops' rule for this kind of node
        return True
    return _is_trusted_kind(kind, module, name)


def _is_trusted_kind(kind: str, module: str, name: str) -> bool:
    if kind in _CLASS_NODES:
        return is_trusted_class(module, name)
    if kind == "TupleNode":
        return is_trusted_named_tuple(module, name)
    if kind == "TypeNode":
        return is_trusted_type(module, name)
    if kind == "ConstructorFromReduceNode":
        return is_trusted_value(module, name)
    if kind == "SparseMatrixNode":
        return module.startswith("scipy.sparse.")  # SciPy loads it, independent of the name
    return (kind, f"{module}.{name}") in {
        ("DictNode", "sklearn.utils._bunch.Bunch"),
        ("DTypeNode", "numpy.dtype"),
        ("OperatorFuncNode", "operator.itemgetter"),
        ("PartialNode", "functools.partial"),  # its function and arguments are separate nodes
    }


def _full_name(node: Node) -> tuple[str, str]:
    """The module and the name, which functions of the oldest format store elsewhere."""
    content: Any = node.children.get("content")
    if type(node).__name__ == "FunctionNode" and isinstance(content, dict):
        return str(content["module_path"]), str(content["function"])
    return str(node.module_name), str(node.class_name)


def _display_name(node: Node) -> str:
    title = ".".join(_full_name(node))
    return f"{title}.{node.children['func']}" if type(node).__name__ == "MethodNode" else title


def _children(node: Node) -> Iterator[Node]:
    from skops.io._audit import Node  # noqa: PLC0415 - the loader has imported skops before

    if type(node).__name__ == "CachedNode":
        yield node.cached
    for child in node.children.values():
        if isinstance(child, Node):
            yield child
        elif isinstance(child, list | dict):
            yield from [
                each for each in (child.values() if isinstance(child, dict) else child) if isinstance(each, Node)
            ]


def _content(node: Any) -> dict[str, Node]:
    """The attributes of an object; a replacement in this dict changes the object."""
    return node.content if type(node).__name__ == "DictNode" else {}


def _list(node: Any) -> list[Node]:
    return node.content if type(node).__name__ in {"ListNode", "TupleNode"} else []


def _literal(value: Any) -> Node:
    from skops.io._general import JsonNode  # noqa: PLC0415 - as above

    state = {"__class__": "str", "__module__": "builtins", "content": json.dumps(value)}
    return JsonNode(state, load_context=None)

"""The metadata of a model's tensors, from its signature and its verified answers."""

from __future__ import annotations

from typing import Any, Final

from src.controller.protocols.open_inference.output_tensor import OutputTensor
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import Bundle
from src.service.schema.column import Column

PREDICT: Final = "predict"
PREDICT_PROBA: Final = "predict_proba"
MATRIX: Final = "input-1"
"""What MLServer's client names a tensor with all columns; the service accepts any name."""
_ANY_NUMBER: Final = -1


def model_metadata(model: LoadedModel) -> dict[str, Any]:
    """The model as a client sees it.

    Args:
        model: The model that serves.
    """
    bundle = model.bundle
    outputs = [_output(PREDICT, empty_predictions(bundle))]
    if model.classifier is not None:
        outputs.append(_output(PREDICT_PROBA, empty_probabilities(len(model.classifier.labels))))
    return {
        "name": bundle.name,
        "versions": [bundle.version],
        "platform": f"{bundle.flavor}_{bundle.serialization_format}",
        "inputs": inputs_of(bundle),
        "outputs": outputs,
    }


def inputs_of(bundle: Bundle) -> list[dict[str, Any]]:
    """The inputs: one tensor for each column; one for all of them when the signature has no names for them."""
    datatypes = {_datatype(column) for column in bundle.columns}
    if not bundle.named and not bundle.sequence and len(datatypes) == 1:
        return [{"name": MATRIX, "datatype": datatypes.pop(), "shape": [_ANY_NUMBER, len(bundle.columns)]}]
    return [
        {"name": column.name, "datatype": _datatype(column), "shape": [_ANY_NUMBER, 1]} for column in bundle.columns
    ]


def empty_predictions(bundle: Bundle) -> OutputTensor:
    """The predictions for no rows, with the datatype and the dimensions of the model's verified answers."""
    answers = [check.answer for check in (*bundle.checks, *bundle.logged)]
    return _without_rows(OutputTensor.of_answers(answers))


def empty_probabilities(classes: int) -> OutputTensor:
    """The probabilities for no rows."""
    return _without_rows(OutputTensor.of_answers([[0.0] * classes]))


def _without_rows(tensor: OutputTensor) -> OutputTensor:
    return tensor._replace(shape=(0, *tensor.shape[1:]), values=())


def _output(name: str, tensor: OutputTensor) -> dict[str, Any]:
    return {"name": name, "datatype": tensor.datatype.name, "shape": [_ANY_NUMBER, *tensor.shape[1:]]}


def _datatype(column: Column) -> str:
    """The name of the datatype that has the column's values."""
    if column.kind == "number":
        return column.dtype.replace("float", "FP")
    if column.kind == "integer":
        return column.dtype.upper()
    return "BOOL" if column.kind == "boolean" else "BYTES"

"""Valid bodies of two rows of a model, for every prediction path."""

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from http_request import BATCH, PREDICT
from request_samples.mlflow_scoring import INVOCATIONS

_CODES: Final = {"FP64": "d", "INT64": "q"}  # of `struct`, for the datatypes that are sent as binary data


@dataclass
class ProtocolBodies:
    """The bodies.

    Attributes:
        name: The registered model.
        row: A row, whose values JSON can hold.
        datatypes: The datatype of each column in the Open Inference Protocol.
        version: The model version.
        infer: Path of the Open Inference Protocol.
        of_version: The same with the version in it.
        tensors: Its body as JSON.
        binary_tensors: Its JSON object when the numbers are binary data.
        binary: The binary data.
        json: Values by path.
        csv: A table.
    """

    name: str
    row: dict[str, Any]
    datatypes: dict[str, str]
    version: str = "1"
    infer: bytes = field(init=False)
    of_version: bytes = field(init=False)
    tensors: dict[str, Any] = field(init=False)
    binary_tensors: dict[str, Any] = field(init=False)
    binary: bytes = field(init=False)
    json: dict[bytes, list[Any]] = field(init=False)
    csv: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Make them of the row."""
        row = self.row
        self.infer = f"/v2/models/{self.name}/infer".encode()
        self.of_version = f"/v2/models/{self.name}/versions/{self.version}/infer".encode()
        self.tensors = {
            "id": "1",
            "parameters": {"binary_data_output": False},
            "inputs": [self._tensor(name, [2, 1], data=[value, value]) for name, value in row.items()],
            "outputs": [{"name": "predict"}],
        }
        numbers = [name for name in row if self.datatypes[name] in _CODES]
        self.binary = b"".join(struct.pack(f"<2{_CODES[self.datatypes[n]]}", row[n], row[n]) for n in numbers)
        self.binary_tensors = {
            "inputs": [
                self._tensor(name, [2], parameters={"binary_data_size": 16})
                if name in numbers
                else self._tensor(name, [2], data=[value, value])
                for name, value in row.items()
            ]
        }
        split = {"columns": list(row), "data": [list(row.values())] * 2, "index": [0, 1]}
        self.json = {
            PREDICT: [row],
            BATCH: [[row, row]],
            self.infer: [self.tensors],
            self.of_version: [self.tensors],
            INVOCATIONS: [
                {"dataframe_split": split},
                {"dataframe_records": [row, row]},
                {"inputs": {name: [value, value] for name, value in row.items()}},
                {"instances": [row], "params": {}},
            ],
        }
        self.csv = "".join(",".join(map(str, line)) + "\n" for line in (row, row.values(), row.values())).encode()

    def _tensor(self, name: str, shape: list[int], **fields: Any) -> dict[str, Any]:
        return {"name": name, "shape": shape, "datatype": self.datatypes[name], **fields}

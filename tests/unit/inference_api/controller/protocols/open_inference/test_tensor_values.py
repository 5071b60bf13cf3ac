"""The values of input tensors."""

import base64
import math
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.http import InferInput
from tritonclient.utils import np_to_triton_dtype

from src.controller.protocols.open_inference.datatypes import DATATYPES
from src.controller.protocols.open_inference.errors import InvalidInferenceError
from src.controller.protocols.open_inference.messages import RequestInput
from src.controller.protocols.open_inference.tensor_values import Tensor, read_tensors

ARRAYS = [
    np.array([[1.5, -2.0], [0.1, 3.0]]),
    np.array([1.5, 0.1], "float32"),
    np.array([[1.5], [0.1]], "float16"),
    np.array([1, -5]),
    np.array([[200, 5]], "uint8"),
    np.array([2**64 - 1], "uint64"),
    np.array([True, False]),
    np.array([["rojo", "año"]], dtype=object),
    np.zeros((0, 3)),
    np.array([1e308, 1e308]),
]


def given_input(datatype: str, shape: list[int], data: Any = msgspec.UNSET, **parameters: Any) -> RequestInput:
    """An input as the decoder gives it."""
    raw = msgspec.Raw() if data is msgspec.UNSET else msgspec.Raw(msgspec.json.encode(data))
    return RequestInput("a", shape, datatype, raw, parameters or None)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
@pytest.mark.parametrize("form", ["binary", "JSON"])
def test_what_tritons_client_sends(array: np.ndarray[Any, Any], form: str) -> None:
    """A tensor of each datatype has the values of its array, as JSON and as binary data."""
    datatype = np_to_triton_dtype(array.dtype)
    client = InferInput("a", list(array.shape), datatype)
    binary = form == "binary"
    client.set_data_from_numpy(array, binary_data=binary)
    tensor = msgspec.json.decode(msgspec.json.encode(client._get_tensor()), type=RequestInput)
    (found,) = read_tensors([tensor], client._get_binary_data() or b"", has_binary=binary)
    assert list(found.values) == array.ravel().tolist()
    assert (found.rows, found.columns) == (array.shape[0], array.shape[1] if array.ndim > 1 else 1)
    assert found.complete


def test_data_may_be_nested() -> None:
    """An array for each row, or for each value of a column."""
    assert Tensor(given_input("FP64", [2, 2], [[1.5, 2], [3, None]]), None).values == [1.5, 2, 3, None]
    assert Tensor(given_input("BYTES", [2, 1], [["a"], ["b"]]), None).values == ["a", "b"]
    for data in ([[1.5, 2], [3]], [[1.5, 2], 3], [[1.5], [2.5]]):
        with pytest.raises(InvalidInferenceError, match="input 'a' has nested data, which is not 2 values"):
            Tensor(given_input("FP64", [2, 2], data), None)


def test_a_tensor_may_be_empty() -> None:
    """No row of any number of columns is no value, and nothing is allocated by what the shape says."""
    assert list(Tensor(given_input("FP64", [0, 10**18], []), None).values) == []


def test_missing_values() -> None:
    """They are null in JSON, and NaN in binary data; the tensor says that there are some."""
    for name in ("FP64", "FP32", "INT64", "UINT64", "BOOL", "BYTES"):
        found = Tensor(given_input(name, [2], [None, None]), None)
        assert (list(found.values), found.complete) == ([None, None], False)
    for dtype in ("float16", "float32", "float64"):
        data = np.array([1.5, math.nan], dtype).tobytes()
        found = Tensor(given_input(np_to_triton_dtype(np.dtype(dtype)), [2]), data)
        assert (list(found.values), found.complete) == ([1.5, None], False)
    assert list(Tensor(given_input("FP32", [2], [0.1, None]), None).values) == [float(np.float32(0.1)), None]


def test_numbers_of_json_have_the_precision_of_their_datatype() -> None:
    """As NumPy arrays of that type, so that JSON and binary data give the same answer."""
    assert list(Tensor(given_input("FP32", [1], [0.1]), None).values) == [float(np.float32(0.1))]
    assert list(Tensor(given_input("FP16", [1], [0.1]), None).values) == [float(np.float16(0.1))]


def test_content_types_of_mlservers_client() -> None:
    """Base64 and JSON texts are decoded; the others describe what is there anyway."""
    texts = ["rojo", "año"]
    encoded = [base64.b64encode(text.encode()).decode() for text in texts]
    assert Tensor(given_input("BYTES", [2], encoded, content_type="base64"), None).values == texts
    for kind in ("str", "pd", "np", "datetime", "unknown", None, 5):
        assert Tensor(given_input("BYTES", [2], texts, content_type=kind), None).values == texts
    found = Tensor(given_input("BYTES", [4], ["true", "1.5", '"a"', "null"], content_type="pd_json"), None)
    assert (found.values, found.complete) == ([True, 1.5, "a", None], False)
    packed = DATATYPES["BYTES"].pack(["1", "2"])
    assert Tensor(given_input("BYTES", [2], content_type="pd_json"), packed).values == [1, 2]


@pytest.mark.parametrize(
    ("tensor", "problem"),
    [
        (given_input("BF16", [1], [1]), "the unknown datatype 'BF16'; known are BOOL, INT8"),
        (given_input("fp64", [1], [1]), "the unknown datatype 'fp64'"),
        (given_input("FP64", [2], [1]), r"has 1 values, which is not its shape \[2\]"),
        (given_input("FP64", [2, 3], [1] * 5), r"has 5 values, which is not its shape \[2, 3\]"),
        (given_input("FP64", [10**18], [1]), "has 1 values"),
        (given_input("FP64", [-1], [1]), r"the shape \[-1\]; it must be \[rows\] or \[rows, columns\]"),
        (given_input("FP64", [], [1]), r"the shape \[\]"),
        (given_input("FP64", [1, 1, 1], [1]), r"the shape \[1, 1, 1\]"),
        (given_input("FP64", [1] * 50, [1]), r"the shape \[1, 1, 1, ...\]"),
        (given_input("FP64", [1]), "has no data, and no parameter binary_data_size"),
        (given_input("FP64", [1], "1"), "data that is not of its datatype FP64: Expected `array`"),
        (given_input("FP64", [1], ["1"]), "data that is not of its datatype FP64"),
        (given_input("FP64", [1], [True]), "data that is not of its datatype FP64"),
        (given_input("FP64", [1], [[[1]]]), "data that is not of its datatype FP64"),
        (given_input("INT64", [1], [1.5]), "data that is not of its datatype INT64"),
        (given_input("INT8", [1], [128]), "Expected `int` <= 127"),
        (given_input("UINT8", [1], [-1]), "Expected `int` >= 0"),
        (given_input("INT64", [2], [2**63, None]), "Expected `int` <= 9223372036854775807"),
        (given_input("UINT64", [2], [None, 2**64]), "out of range for UINT64"),
        (given_input("UINT64", [1], [-1]), "Expected `int` >= 0"),
        (given_input("FP32", [1], [1e39]), "out of range for FP32"),
        (given_input("FP16", [1], [70000]), "out of range for FP16"),
        (given_input("BOOL", [1], [1]), "data that is not of its datatype BOOL"),
        (given_input("BYTES", [1], [1]), "data that is not of its datatype BYTES"),
        (given_input("BYTES", [1], ["ñ"], content_type="base64"), "not base64"),
        (given_input("BYTES", [1], ["/w=="], content_type="base64"), "not UTF-8"),
        (given_input("BYTES", [1], ["{"], content_type="pd_json"), "text that is not JSON"),
        (given_input("BYTES", [1], ["[" * 10**5 + "]" * 10**5], content_type="pd_json"), "text that is not JSON"),
    ],
)
def test_what_does_not_agree_is_named(tensor: RequestInput, problem: str) -> None:
    """The sentence has the input and the problem."""
    with pytest.raises(InvalidInferenceError, match=f"^input 'a' .*{problem}"):
        read_tensors([tensor], b"", has_binary=False)


@pytest.mark.parametrize(
    ("tensor", "data", "problem"),
    [
        (given_input("FP64", [1], binary_data_size=8), b"1234567", "of 8, and the body has 7 bytes for it"),
        (given_input("FP64", [1], binary_data_size=2**70), b"12345678", "and the body has 8 bytes"),
        (given_input("FP64", [1], binary_data_size=-8), b"", "not a number of bytes"),
        (given_input("FP64", [1], binary_data_size=True), b"", "not a number of bytes"),
        (given_input("FP64", [1], binary_data_size="8"), b"", "not a number of bytes"),
        (given_input("FP64", [2], binary_data_size=8), b"12345678", r"has 1 values, which is not its shape \[2\]"),
        (given_input("FP64", [1], binary_data_size=7), b"1234567", "wrong binary data for FP64"),
        (given_input("FP64", [1], [1], binary_data_size=8), b"12345678", "has data and binary data"),
        (given_input("FP64", [1], binary_data_size=8), np.array([math.inf]).tobytes(), "infinite value"),
        (given_input("BYTES", [1], binary_data_size=5), b"\1\0\0\0\xff", "text that is not UTF-8"),
    ],
)
def test_wrong_binary_data_is_named(tensor: RequestInput, data: bytes, problem: str) -> None:
    """Sizes that do not add up are refused before anything is read."""
    with pytest.raises(InvalidInferenceError, match=f"^input 'a' .*{problem}"):
        read_tensors([tensor], data, has_binary=True)


def test_binary_data_belongs_to_the_inputs() -> None:
    """It is taken in their order, all of it, and only when the request says where it begins."""
    first, second = (given_input("INT8", [1], binary_data_size=1) for _ in range(2))
    assert [list(tensor.values) for tensor in read_tensors([first, second], b"\1\2", has_binary=True)] == [[1], [2]]
    with pytest.raises(InvalidInferenceError, match="1 bytes of binary data belong to no input"):
        read_tensors([first], b"\1\2", has_binary=True)
    with pytest.raises(InvalidInferenceError, match="no header inference-header-content-length"):
        read_tensors([first], b"", has_binary=False)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([*DATATYPES, "X"]),
    st.lists(st.integers(-1, 3) | st.integers(), max_size=3),
    JSON | st.lists(st.text(max_size=3)),
    st.sampled_from([{}, {"content_type": "base64"}, {"content_type": "pd_json"}, {"binary_data_size": 4}]),
    st.binary(max_size=12),
)
def test_any_tensor_is_read_or_refused(
    datatype: str, shape: list[int], data: Any, parameters: dict[str, Any], binary: bytes
) -> None:
    """Nothing but an error for the client is raised, and the values always agree with the shape."""
    given_data = msgspec.UNSET if "binary_data_size" in parameters else data
    tensors = []
    with suppress(InvalidInferenceError):
        tensors = read_tensors([given_input(datatype, shape, given_data, **parameters)], binary, has_binary=True)
    assert all(len(tensor.values) == tensor.rows * tensor.columns for tensor in tensors)

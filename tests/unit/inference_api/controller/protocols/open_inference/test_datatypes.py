"""The datatypes of tensors."""

import struct

import numpy as np
import pytest
from tritonclient.utils import deserialize_bytes_tensor, np_to_triton_dtype, serialize_byte_tensor

from src.controller.protocols.open_inference.datatypes import BYTES, DATATYPES

NUMPY = ["bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))]
NUMPY += ["float16", "float32", "float64"]


@pytest.mark.parametrize("name", NUMPY)
def test_binary_data_is_that_of_numpy(name: str) -> None:
    """Every fixed-size datatype has the bytes that NumPy and Triton's client have for it, at its limits as well."""
    dtype = np.dtype(name)
    values: list[float] = [0, 1]
    if dtype.kind in "iu":
        values += [np.iinfo(dtype).min, np.iinfo(dtype).max]
    elif dtype.kind == "f":
        values += [-0.5, float(np.finfo(dtype).max), float("inf")]
    array = np.array(values, dtype)
    datatype = DATATYPES[np_to_triton_dtype(dtype)]
    assert datatype.size == dtype.itemsize
    assert list(datatype.unpack(array.tobytes())) == array.tolist()
    assert datatype.pack(array.tolist()) == array.tobytes()
    assert datatype.is_float == (dtype.kind == "f")
    assert datatype.is_number == (dtype.kind != "b")
    if dtype.kind in "iu":
        assert datatype.limits == (np.iinfo(dtype).min, np.iinfo(dtype).max)


def test_texts_are_those_of_tritons_client() -> None:
    """Each element of a BYTES tensor has its length before it."""
    texts = ["", "rojo", "año", "\0"]
    packed = serialize_byte_tensor(np.array(texts, dtype=object)).item()
    assert BYTES.pack(texts) == packed
    assert BYTES.unpack(packed) == [text.encode() for text in texts]
    assert [text.decode() for text in deserialize_bytes_tensor(BYTES.pack(texts))] == texts
    assert not BYTES.is_number


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("FP64", b"1234567", "7 bytes are no whole number of elements of 8 bytes"),
        ("BYTES", b"\1\0", "2 bytes after the last element"),
        ("BYTES", struct.pack("<I", 1) + b"a\1", "1 bytes after the last element"),
        ("BYTES", struct.pack("<I", 2**32 - 1) + b"a", "element 0 has a length of 4294967295 bytes, and 1 are left"),
    ],
)
def test_damaged_binary_data_is_an_error(name: str, data: bytes, problem: str) -> None:
    """Data that ends within an element is refused, and a declared length allocates nothing."""
    with pytest.raises(ValueError, match=problem):
        DATATYPES[name].unpack(data)


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_numbers_are_rounded_as_numpy_does(name: str) -> None:
    """A number of JSON has the precision of its datatype; what is out of range is refused."""
    datatype = DATATYPES[np_to_triton_dtype(np.dtype(name))]
    values = [0.1, -3.3, 1e-30, 65504.0]
    assert list(datatype.rounded(values)) == np.array(values, name).tolist()
    assert datatype.rounds
    with pytest.raises(OverflowError):
        datatype.rounded([1e39])

"""Frames between the serving process and that of the challenger: four bytes with the length, then the content.

Rows go out as pickle, which keeps every type of a row, datetimes included. Answers come back as MessagePack: the
process that has the challenger's model is not trusted to name objects to create.
"""

from __future__ import annotations

import pickle
import struct
from asyncio import StreamReader
from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import msgspec

from src.errors import ApiError
from src.service.prediction.model import Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import Row

MAX_FRAME_BYTES: Final = 64 << 20
_LENGTH: Final = struct.Struct(">I")


class FrameError(Exception):
    """A frame is too large, or is not what was expected."""


class RowError(ApiError):
    """The challenger's error for one row, with the status and the kind that it has there."""


class LoadRequest(msgspec.Struct, frozen=True):
    """The first frame: which model to load.

    Attributes:
        folder: Folder of the bundle.
        allow_pickle: Whether formats that run code may be loaded.
        log_level: The lowest level that is logged.
        memory_bytes: Memory that the process may take beside what it has; None for any.
    """

    folder: str
    allow_pickle: bool
    log_level: str
    memory_bytes: int | None = None


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """The first answer: the model is loaded and verified.

    Attributes:
        class_names: The names of its classes; None without probabilities.
        path: The path that predicts.
        seconds_per_call: CPU time of one call with one row.
    """

    class_names: tuple[str, ...] | None
    path: str
    seconds_per_call: float


class NotLoaded(msgspec.Struct, frozen=True, tag=True):
    """The first answer when it cannot be loaded.

    Attributes:
        kind: The error's kind.
        detail: The reason.
    """

    kind: str
    detail: str


class ErrorRow(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """The error of one row."""

    status: int
    kind: str
    detail: str


class AnswerRow(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """The prediction of one row, with its probabilities where they are wanted."""

    prediction: Any
    probabilities: list[float] | None = None


class Answers(msgspec.Struct, frozen=True):
    """What came of the rows of one frame.

    Attributes:
        cpu_seconds: CPU time that they took.
        rows: One for each row, in order.
    """

    cpu_seconds: float
    rows: list[ErrorRow | AnswerRow]


_encode = msgspec.msgpack.Encoder(enc_hook=str).encode
_decode_loaded = msgspec.msgpack.Decoder(Loaded | NotLoaded).decode
_decode_answers = msgspec.msgpack.Decoder(Answers).decode


def frame(content: bytes) -> bytes:
    """The content with its length before it.

    Raises:
        FrameError: When it is too large.
    """
    if len(content) > MAX_FRAME_BYTES:
        raise FrameError(f"{len(content)} bytes are more than a frame holds")
    return _LENGTH.pack(len(content)) + content


def load_frame(request: LoadRequest) -> bytes:
    """The first frame."""
    return frame(_encode(request))


def rows_frame(rows: Sequence[Row], *, probabilities: bool) -> bytes:
    """A frame with rows to predict.

    Raises:
        FrameError: When it is too large.
    """
    return frame(pickle.dumps((probabilities, list(rows)), pickle.HIGHEST_PROTOCOL))


def loaded_frame(answer: Loaded | NotLoaded) -> bytes:
    """The answer to the first frame."""
    return frame(_encode(answer))


def answers_frame(outcomes: Sequence[Outcome], cpu_seconds: float) -> bytes:
    """The answer to a frame with rows.

    Raises:
        FrameError: When it is too large.
        OverflowError: When an answer has an integer beyond 64 bits.
    """
    return frame(_encode(Answers(cpu_seconds, [_row(outcome) for outcome in outcomes])))


def read_loaded(content: bytes) -> Loaded | NotLoaded:
    """Read the answer to the first frame.

    Raises:
        FrameError: When it is something else.
    """
    try:
        answer: Loaded | NotLoaded = _decode_loaded(content)
    except msgspec.MsgspecError as error:
        raise FrameError("the process of the challenger sent something else than its state") from error
    return answer


def read_answers(content: bytes, count: int) -> tuple[list[Outcome], float]:
    """Read the answer to a frame with rows: the outcomes, and their CPU time.

    Args:
        content: The frame's content.
        count: The number of rows.

    Raises:
        FrameError: When it is something else.
    """
    try:
        answers: Answers = _decode_answers(content)
    except msgspec.MsgspecError as error:
        raise FrameError("the process of the challenger sent something else than answers") from error
    if len(answers.rows) != count:
        raise FrameError(f"the process of the challenger sent {len(answers.rows)} answers for {count} rows")
    return [_outcome(row) for row in answers.rows], answers.cpu_seconds


async def receive(reader: StreamReader) -> bytes:
    """The content of the next frame.

    Raises:
        asyncio.IncompleteReadError: When the other side has ended.
        FrameError: When it is too large.
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return await reader.readexactly(_checked(length))


def receive_now(file: BinaryIO) -> bytes | None:
    """The content of the next frame, waiting for it; None when the other side has ended.

    Raises:
        FrameError: When it is too large.
    """
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _checked(_LENGTH.unpack(head)[0])
    content = file.read(length)
    return content if len(content) == length else None


def read_load_request(content: bytes) -> LoadRequest:
    """Read the first frame."""
    return msgspec.msgpack.decode(content, type=LoadRequest)


def read_rows(content: bytes) -> tuple[bool, list[Row]]:
    """Read a frame with rows: whether probabilities are wanted, and the rows. It comes from the serving process."""
    probabilities, rows = pickle.loads(content)  # noqa: S301 - see the docstring
    return probabilities, rows


def _checked(length: int) -> int:
    if length > MAX_FRAME_BYTES:
        raise FrameError(f"{length} bytes are more than a frame holds")
    return length


def _row(outcome: Outcome) -> ErrorRow | AnswerRow:
    if isinstance(outcome, ApiError):
        return ErrorRow(outcome.status, outcome.kind, outcome.detail)
    if isinstance(outcome, ClassProbabilities):
        return AnswerRow(outcome.prediction, outcome.probabilities)
    return AnswerRow(outcome)


def _outcome(row: ErrorRow | AnswerRow) -> Outcome:
    if isinstance(row, ErrorRow):
        error = RowError(row.detail)
        error.status, error.kind = row.status, row.kind
        return error
    return row.prediction if row.probabilities is None else ClassProbabilities(row.prediction, row.probabilities)

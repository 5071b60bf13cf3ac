"""Frames between the serving process and that of a challenger."""

import asyncio
import io
import pickle
from datetime import datetime
from typing import Any

import pytest

from src.errors import RefusedRowError
from src.service.challenger import frames
from src.service.challenger.frames import FrameError, Loaded, LoadRequest, NotLoaded, RowError
from src.service.prediction.probabilities import ClassProbabilities

ROW = (1, 2.5, "año", None, True, datetime(2026, 1, 2, 3, 4, 5, 6))  # noqa: DTZ001 - as rows hold them


def content(frame: bytes) -> bytes:
    """A frame's content, as the other side receives it."""
    received = frames.receive_now(io.BytesIO(frame))
    assert received is not None
    return received


def test_rows_keep_their_types() -> None:
    """Every value of a row arrives as it was, datetimes included."""
    probabilities, rows = frames.read_rows(content(frames.rows_frame([ROW, ROW], probabilities=True)))
    assert (probabilities, rows) == (True, [ROW, ROW])
    assert [type(value) for value in rows[0]] == [type(value) for value in ROW]


def test_load_request_and_answers() -> None:
    """The first frame and both of its answers arrive as they were sent."""
    request = LoadRequest("/cache/1", allow_pickle=True, log_level="INFO", memory_bytes=5)
    assert frames.read_load_request(content(frames.load_frame(request))) == request
    for answer in (
        Loaded(("a", "b"), "direct", 0.5),
        Loaded(None, "scikit-learn", 0.5),
        NotLoaded("model_refused", "no"),
    ):
        assert frames.read_loaded(content(frames.loaded_frame(answer))) == answer


@pytest.mark.parametrize("answer", [1.5, 3, "label", True, None, [1.0, "b"], -0.0, 1e308])
def test_answers_keep_their_types(answer: Any) -> None:
    """Predictions of every kind arrive as they were, with their CPU time."""
    outcomes, seconds = frames.read_answers(content(frames.answers_frame([answer], 0.25)), 1)
    assert (outcomes, seconds, type(outcomes[0])) == ([answer], 0.25, type(answer))


def test_probabilities_and_errors() -> None:
    """Probabilities arrive as such; an error keeps its status, kind and detail."""
    outcomes, _seconds = frames.read_answers(
        content(frames.answers_frame([ClassProbabilities("a", [0.25, 0.75]), RefusedRowError("too large")], 0.0)), 2
    )
    assert outcomes[0] == ClassProbabilities("a", [0.25, 0.75])
    assert isinstance(outcomes[0], ClassProbabilities)
    error = outcomes[1]
    assert isinstance(error, RowError)
    assert (error.status, error.kind, error.detail) == (422, "prediction_refused", "too large")


def test_answers_are_not_trusted() -> None:
    """Answers that are no answers, are too few, or are a pickle, are an error and run nothing."""
    for wrong in (b"", b"\xc1", b"\x90", pickle.dumps(print), content(frames.loaded_frame(Loaded(None, "", 0.0)))):
        with pytest.raises(FrameError, match="something else than answers"):
            frames.read_answers(wrong, 1)
    with pytest.raises(FrameError, match="1 answers for 2 rows"):
        frames.read_answers(content(frames.answers_frame([1.0], 0.0)), 2)
    with pytest.raises(FrameError, match="something else than its state"):
        frames.read_loaded(b"\x01")


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is too large is neither sent nor received."""
    large = frames.rows_frame([("x" * 100,)], probabilities=False)
    monkeypatch.setattr(frames, "MAX_FRAME_BYTES", 100)
    with pytest.raises(FrameError, match="more than a frame holds"):
        frames.rows_frame([("x" * 100,)], probabilities=False)
    with pytest.raises(FrameError, match="more than a frame holds"):
        frames.receive_now(io.BytesIO(large))


def test_end_of_the_input() -> None:
    """The end between two frames, in a length and in a content is the end."""
    frame = frames.rows_frame([ROW], probabilities=False)
    for part in (b"", frame[:2], frame[:-1]):
        assert frames.receive_now(io.BytesIO(part)) is None


async def test_frames_of_a_stream() -> None:
    """Frames are received one by one; the end within one is an error."""
    reader = asyncio.StreamReader()
    reader.feed_data(frames.frame(b"one") + frames.frame(b"") + frames.frame(b"three")[:-1])
    reader.feed_eof()
    assert [await frames.receive(reader), await frames.receive(reader)] == [b"one", b""]
    with pytest.raises(asyncio.IncompleteReadError):
        await frames.receive(reader)

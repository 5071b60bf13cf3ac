"""The challenger's process: what it says when its model cannot be loaded."""

from pathlib import Path

import pytest

from src.errors import ModelError, ModelRefusedError
from src.service import challenger_worker
from src.service.challenger.frames import LoadRequest, NotLoaded
from tests.unit.inference_api.doubles import regression, write_bundle


@pytest.mark.parametrize("cause", [MemoryError(), SystemError("error return without exception set")])
def test_too_little_memory_is_no_fault_of_the_model(
    cause: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read for lack of memory is tried again: it is not refused, however the library fails."""
    write_bundle(tmp_path, regression())

    def load(*_: object, **__: object) -> None:
        raise ModelRefusedError("the skops file cannot be loaded") from cause

    monkeypatch.setattr(challenger_worker, "load_model", load)
    found = challenger_worker._loaded(
        LoadRequest(str(tmp_path), allow_pickle=False, log_level="INFO", memory_bytes=None)
    )
    assert found == NotLoaded(ModelError.kind, "the challenger needs more memory than the container has left")

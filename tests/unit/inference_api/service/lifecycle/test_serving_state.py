"""What requests see of the watcher's work."""

from datetime import UTC, datetime

import pytest

from src.errors import NotReadyError
from src.service.lifecycle.serving_state import ReloadError, ServingState


def test_not_ready() -> None:
    """Before the first model the reason is that it is being loaded, or why it cannot be."""
    with pytest.raises(NotReadyError, match="no model is serving yet: the model is being loaded"):
        ServingState().current()
    error = ReloadError("the bucket is gone", "model_unavailable", datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(NotReadyError, match="no model is serving yet: the bucket is gone"):
        ServingState(last_error=error).current()

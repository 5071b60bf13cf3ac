"""The number of users is set by a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest

from load import user_count_file as user_count_file_module
from load.arrivals import Arrivals
from load.user_count_file import UserCountFile


@dataclass
class ImmediateRunner:
    """Has the requested number of users at once."""

    user_count: int = 1
    target_user_count: int = 1
    started: list[int] = field(default_factory=list)
    has_quit: bool = False

    def start(self, users: int, spawn_rate: float) -> None:
        """Change the number of users."""
        assert spawn_rate >= abs(users - self.user_count)
        self.user_count = self.target_user_count = users
        self.started.append(users)

    def quit(self) -> None:
        """End the process."""
        self.has_quit = True


def replace(file: Path, text: str) -> None:
    """Write it as the other program does, so that no half of it is read."""
    whole = file.with_suffix(".new")
    whole.write_text(text)
    whole.replace(file)


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    gevent.get_hub().loop.update_now()
    with gevent.Timeout(20):
        while not condition():
            gevent.sleep(0.005)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImmediateRunner]:
    """A runner whose number of users is set by the file `users`."""
    monkeypatch.setattr(user_count_file_module, "_POLL_SECONDS", 0.01)
    file = tmp_path / "users"
    file.write_text("0")
    runner = ImmediateRunner()
    user_count_file = UserCountFile(file)
    gevent.get_hub().loop.update_now()
    user_count_file.on_test_start(SimpleNamespace(runner=runner))
    yield runner
    assert user_count_file._poller is not None
    user_count_file._poller.kill()


def test_users_start_in_batches_and_stop_at_once(runner: ImmediateRunner, tmp_path: Path) -> None:
    """Many starts at once would delay the users that run; stops would not."""
    until(lambda: runner.user_count == 0)
    replace(tmp_path / "users", "120")
    until(lambda: runner.user_count == 120)
    replace(tmp_path / "users", "3")
    until(lambda: runner.user_count == 3)
    gevent.sleep(0.03)
    assert runner.started == [0, 100, 120, 3]


def test_invalid_file_ends_the_run(runner: ImmediateRunner, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Users must not continue without a program that sets their number."""
    replace(tmp_path / "users", "many")
    until(lambda: runner.has_quit)
    assert "could not convert" in capsys.readouterr().err


def test_rate_of_open_arrivals_is_set(tmp_path: Path) -> None:
    """A second number in the file is their rate; without it the rate stays."""
    file = tmp_path / "users"
    file.write_text("0")
    arrivals = Arrivals(100)
    user_count_file = UserCountFile(file, arrivals)
    gevent.get_hub().loop.update_now()
    runner = ImmediateRunner()
    user_count_file.on_test_start(SimpleNamespace(runner=runner))
    until(lambda: runner.user_count == 0)
    assert arrivals.rate == 100
    replace(file, "10 2500.5")
    until(lambda: runner.user_count == 10)
    assert arrivals.rate == 2500.5
    assert user_count_file._poller is not None
    user_count_file._poller.kill()

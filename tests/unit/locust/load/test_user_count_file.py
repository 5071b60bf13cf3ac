"""A file that says how many users there are to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest

from load.arrivals import Arrivals
from load.user_count_file import UserCountFile


@dataclass
class PromptRunner:
    """Has the users at once that it is asked for."""

    user_count: int = 1
    target_user_count: int = 1
    asked: list[int] = field(default_factory=list)
    left: bool = False

    def start(self, users: int, spawn_rate: float) -> None:
        """Change the number of users."""
        assert spawn_rate >= abs(users - self.user_count)
        self.user_count = self.target_user_count = users
        self.asked.append(users)

    def quit(self) -> None:
        """End the process."""
        self.left = True


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[PromptRunner]:
    """A runner that follows the file `users`."""
    file = tmp_path / "users"
    file.write_text("0")
    runner = PromptRunner()
    reins = UserCountFile(file)
    gevent.get_hub().loop.update_now()
    reins.on_test_start(SimpleNamespace(runner=runner))
    yield runner
    assert reins._follower is not None
    reins._follower.kill()


def test_users_come_in_bites_and_leave_at_once(runner: PromptRunner, tmp_path: Path) -> None:
    """Many starting at a time would keep those who are there from sending; leaving costs nobody anything."""
    gevent.sleep(0.02)
    assert runner.asked == [0]
    (tmp_path / "users").write_text("120")
    gevent.sleep(0.3)
    assert runner.asked == [0, 100, 120]
    (tmp_path / "users").write_text("3")
    gevent.sleep(0.2)
    assert runner.asked == [0, 100, 120, 3]


def test_a_number_that_is_none_ends_the_run(
    runner: PromptRunner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Users whom nobody holds must not go on by themselves."""
    gevent.sleep(0.02)
    (tmp_path / "users").write_text("many")
    gevent.sleep(0.2)
    assert runner.left
    assert "could not convert" in capsys.readouterr().err


def test_the_rate_of_open_arrivals_follows(tmp_path: Path) -> None:
    """A second number is theirs; without it they keep what they have."""
    file = tmp_path / "users"
    file.write_text("0")
    arrivals = Arrivals(100)
    reins = UserCountFile(file, arrivals)
    gevent.get_hub().loop.update_now()
    reins.on_test_start(SimpleNamespace(runner=PromptRunner()))
    gevent.sleep(0.02)
    assert arrivals.rate == 100
    file.write_text("10 2500.5")
    gevent.sleep(0.2)
    assert arrivals.rate == 2500.5
    assert reins._follower is not None
    reins._follower.kill()

"""Leases of the sockets in the shared folder, claimed by real processes."""

import logging
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.controller.fast_lane.unix_socket import SocketLease, claim_socket

ROOT = Path(__file__).parents[5] / "inference_api"
HOLDER = """
import sys
from pathlib import Path
from src.controller.fast_lane.unix_socket import claim_socket
lease = claim_socket(Path(sys.argv[1]), int(sys.argv[2]), backlog=8)
print(lease.number if lease else "none", flush=True)
sys.stdin.read()
if lease:
    lease.close()
"""
# Kills itself during its claim, just before the operation that its argument names.
DYING = """
import os, signal, sys
from pathlib import Path
from src.controller.fast_lane.unix_socket import claim_socket
def die(event, arguments):
    if event == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
claim_socket(Path(sys.argv[1]), backlog=8)
print("survived", flush=True)
"""

Hold = Callable[..., "Holder"]


class Holder:
    """A process that claims a slot and keeps it until it is closed or killed."""

    def __init__(self, folder: Path, slots: int) -> None:
        """Start to claim."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(folder), str(slots)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def number(self) -> str:
        """The slot that it got, "none" if it got none."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """Let it close its slot and end."""
        self._process.communicate()
        assert self._process.returncode == 0

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Starts processes that hold slots; kills those that are left at the end."""
    holders = []

    def start(slots: int = 20) -> Holder:
        holders.append(Holder(tmp_path, slots))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()


def claimed(folder: Path) -> SocketLease:
    """A lease of this process."""
    lease = claim_socket(folder, backlog=8)
    assert lease
    return lease


def accepts(path: Path) -> bool:
    """Whether a process listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def test_every_user_may_connect(tmp_path: Path) -> None:
    """The socket accepts at once, any user may connect whatever the umask, and nothing else is left beside it."""
    before = os.umask(0o077)
    try:
        lease = claimed(tmp_path)
    finally:
        os.umask(before)

    assert (lease.number, lease.path) == (1, tmp_path / "replica-1.sock")
    assert accepts(lease.path)
    assert stat.S_IMODE(lease.path.stat().st_mode) == 0o666
    assert {found.name for found in tmp_path.iterdir()} == {"replica-1.sock", "slot-1.lock"}
    lease.close()


def test_the_first_free_slot_is_taken(tmp_path: Path, hold: Hold) -> None:
    """Each process gets the lowest free number."""
    first = hold()
    assert first.number() == "1"
    assert hold().number() == "2"
    third = claimed(tmp_path)
    assert third.number == 3

    first.close()
    again = claimed(tmp_path)
    assert again.number == 1
    again.close()
    third.close()


def test_processes_that_start_at_once_get_slots_of_their_own(hold: Hold) -> None:
    """Eight processes that race for eight slots get eight different ones, and a ninth gets none."""
    holders = [hold(8) for _ in range(9)]

    assert sorted(holder.number() for holder in holders) == [*"12345678", "none"]


def test_slot_of_a_killed_owner_is_reused(tmp_path: Path, hold: Hold) -> None:
    """SIGKILL leaves the socket behind; the next to claim gets the same slot and accepts on the same path."""
    killed = hold()
    assert killed.number() == "1"
    killed.kill()
    assert (tmp_path / "replica-1.sock").is_socket()
    assert not accepts(tmp_path / "replica-1.sock")

    successor = claimed(tmp_path)
    assert successor.number == 1
    assert accepts(tmp_path / "replica-1.sock")
    successor.close()


@pytest.mark.parametrize("moment", ["fcntl.flock", "socket.bind", "os.chmod", "os.rename"])
def test_slot_of_an_owner_killed_during_its_claim_is_reused(tmp_path: Path, moment: str) -> None:
    """Wherever the claim is interrupted, the slot is free again and leftover files are replaced."""
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path), moment], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr
    assert not accepts(tmp_path / "replica-1.sock")

    lease = claimed(tmp_path)
    assert (lease.number, accepts(lease.path)) == (1, True)
    assert {found.name for found in tmp_path.iterdir()} == {"replica-1.sock", "slot-1.lock"}
    lease.close()


def test_closing_removes_the_socket(tmp_path: Path, hold: Hold) -> None:
    """`close` removes the socket; the next process gets the lease."""
    lease = claimed(tmp_path)
    lease.close()
    assert not lease.path.exists()

    assert hold().number() == "1"
    assert accepts(lease.path)


def test_socket_is_removed_before_the_lock_is_released(tmp_path: Path) -> None:
    """Another process cannot get the slot while it is being closed, so its socket is never removed by mistake."""
    found: list[tuple[bool, int]] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "os.remove" and str(arguments[0]) == str(lease.path):
            watching.clear()
            successor = claimed(tmp_path)
            found.append((lease.path.exists(), successor.number))
            successor.close()

    lease = claimed(tmp_path)
    watching = [True]
    sys.addaudithook(watch)
    lease.close()

    assert found == [(True, 2)]


def test_a_child_process_does_not_keep_the_slot(tmp_path: Path) -> None:
    """A child process that outlives the owner, such as a model's download, does not keep the lock."""
    lease = claimed(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lease.close()
        successor = claimed(tmp_path)
        assert successor.number == 1
        successor.close()
        child.communicate(b"\n")


def test_no_free_slot_is_a_warning(tmp_path: Path, hold: Hold, caplog: pytest.LogCaptureFixture) -> None:
    """When every slot is in use there is no lease, and a warning is logged."""
    assert hold().number() == "1"

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path, 1, backlog=8) is None
    assert "all 1 slots are taken" in caplog.text


@pytest.mark.parametrize("folder", ["missing", "file", "long" * 40])
def test_an_unusable_folder_is_a_warning(tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture) -> None:
    """With a missing folder, a file, or a path too long for a socket, there is a warning and no lease."""
    (tmp_path / "file").touch()
    (tmp_path / ("long" * 40)).mkdir()

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path / folder, backlog=8) is None
    assert f"no socket in {tmp_path / folder}, only TCP" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With a folder of another user, as a volume may be, there is a warning and no lease."""
    tmp_path.chmod(0o555)

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path, backlog=8) is None
    assert "Permission denied" in caplog.text


def test_a_slot_that_cannot_be_used_is_passed_over(tmp_path: Path) -> None:
    """When one slot cannot be used, the next is tried."""
    (tmp_path / "replica-1.sock").mkdir()

    lease = claimed(tmp_path)
    assert lease.number == 2
    lease.close()

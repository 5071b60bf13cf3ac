"""Slots in the shared folder, claimed by real processes."""

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
slot = claim_socket(Path(sys.argv[1]), int(sys.argv[2]), backlog=8)
print(slot.number if slot else "none", flush=True)
sys.stdin.read()
if slot:
    slot.close()
"""
# Is killed in the middle of its claim, just before the operation that it is told.
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
    """A process that claims a slot and keeps it until it is told to close it, or is killed."""

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
    """A slot of this process."""
    slot = claim_socket(folder, backlog=8)
    assert slot
    return slot


def accepts(path: Path) -> bool:
    """Tell whether somebody listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def test_a_slot_is_a_socket_that_every_user_may_connect_to(tmp_path: Path) -> None:
    """The socket accepts at once, any user may connect whatever the umask, and nothing else is left beside it."""
    before = os.umask(0o077)
    try:
        slot = claimed(tmp_path)
    finally:
        os.umask(before)

    assert (slot.number, slot.path) == (1, tmp_path / "replica-1.sock")
    assert accepts(slot.path)
    assert stat.S_IMODE(slot.path.stat().st_mode) == 0o666
    assert {found.name for found in tmp_path.iterdir()} == {"replica-1.sock", "slot-1.lock"}
    slot.close()


def test_the_first_free_slot_is_taken(tmp_path: Path, hold: Hold) -> None:
    """Each process gets the lowest number that nobody holds."""
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


def test_a_killed_owner_is_succeeded(tmp_path: Path, hold: Hold) -> None:
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
def test_an_owner_that_dies_in_the_middle_of_its_claim_is_succeeded(tmp_path: Path, moment: str) -> None:
    """Wherever the claim is cut off, the slot is free again and whatever was made is replaced."""
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path), moment], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr
    assert not accepts(tmp_path / "replica-1.sock")

    slot = claimed(tmp_path)
    assert (slot.number, accepts(slot.path)) == (1, True)
    assert {found.name for found in tmp_path.iterdir()} == {"replica-1.sock", "slot-1.lock"}
    slot.close()


def test_a_closed_slot_leaves_nothing_to_connect_to(tmp_path: Path, hold: Hold) -> None:
    """`close` takes the socket away, and the slot is the next one's."""
    slot = claimed(tmp_path)
    slot.close()
    assert not slot.path.exists()

    assert hold().number() == "1"
    assert accepts(slot.path)


def test_the_path_is_the_owner_s_until_the_lock_is_let_go(tmp_path: Path) -> None:
    """While a slot is being closed nobody can have taken it: the socket that is removed is always one's own."""
    found: list[tuple[bool, int]] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "os.remove" and str(arguments[0]) == str(slot.path):
            watching.clear()
            successor = claimed(tmp_path)
            found.append((slot.path.exists(), successor.number))
            successor.close()

    slot = claimed(tmp_path)
    watching = [True]
    sys.addaudithook(watch)
    slot.close()

    assert found == [(True, 2)]


def test_a_child_process_does_not_keep_the_slot(tmp_path: Path) -> None:
    """A program that the owner started, such as a model's download, outlives it without its slot."""
    slot = claimed(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        slot.close()
        successor = claimed(tmp_path)
        assert successor.number == 1
        successor.close()
        child.communicate(b"\n")


def test_taken_slots_are_a_warning(tmp_path: Path, hold: Hold, caplog: pytest.LogCaptureFixture) -> None:
    """With every slot taken there is none, and the log says so."""
    assert hold().number() == "1"

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path, 1, backlog=8) is None
    assert "all 1 slots are taken" in caplog.text


@pytest.mark.parametrize("folder", ["missing", "file", "long" * 40])
def test_an_unusable_folder_is_a_warning(tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that is not there, is none, or makes a path too long for a socket, is no reason not to serve."""
    (tmp_path / "file").touch()
    (tmp_path / ("long" * 40)).mkdir()

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path / folder, backlog=8) is None
    assert f"no socket in {tmp_path / folder}, only TCP" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder of somebody else's, as a volume may be, is no reason not to serve."""
    tmp_path.chmod(0o555)

    with caplog.at_level(logging.WARNING):
        assert claim_socket(tmp_path, backlog=8) is None
    assert "Permission denied" in caplog.text


def test_a_slot_that_cannot_be_used_is_passed_over(tmp_path: Path) -> None:
    """Whatever blocks one slot, the next is tried."""
    (tmp_path / "replica-1.sock").mkdir()

    slot = claimed(tmp_path)
    assert slot.number == 2
    slot.close()

"""Waiting for the signals that request the shutdown."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from local_stack.interrupt import Interrupt, InterruptedRunError


@pytest.fixture
def interrupt() -> Iterator[Interrupt]:
    """An interrupt that SIGUSR1 and SIGVTALRM request, which the tests use for nothing else."""
    made = Interrupt()
    before = {number: signal.signal(number, made.request) for number in (signal.SIGUSR1, signal.SIGVTALRM)}
    yield made
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_pause_without_a_signal_ends_after_its_time(interrupt: Interrupt) -> None:
    """No error is raised."""
    interrupt.pause(0.01)

    assert interrupt.requests == 0


def test_a_signal_ends_a_long_pause(interrupt: Interrupt) -> None:
    """A signal during a pause raises the error long before the pause would end."""
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()

    with pytest.raises(InterruptedRunError):
        interrupt.pause(600)

    assert not interrupt.repeated
    timer.join()


def test_a_signal_may_arrive_at_any_moment_of_a_pause(interrupt: Interrupt) -> None:
    """The handler interrupts the thread that pauses, so it must not wait for a lock that this thread holds."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)

    while interrupt.requests < 30:
        with contextlib.suppress(InterruptedRunError):
            interrupt.pause(0)

    assert interrupt.repeated

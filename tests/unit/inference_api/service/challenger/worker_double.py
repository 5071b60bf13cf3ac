"""A process in place of the challenger's, which does what the first argument says; run by test_process.py."""

import os
import sys
import time

from src.service.challenger import frames


def main(mode: str) -> int:
    """Load nothing, and answer each row with its first value."""
    first = frames.receive_now(sys.stdin.buffer)
    if mode == "exits at once" or first is None:
        return 3
    if mode == "no state":
        send(frames.frame(b"\x01"))
    send(frames.loaded_frame(frames.Loaded(("a", "b"), "direct", 0.001)))
    while (content := frames.receive_now(sys.stdin.buffer)) is not None:
        probabilities, rows = frames.read_rows(content)
        if mode == "exits":
            return 3
        if mode == "garbage":
            send(frames.frame(b"\x01"))
        elif mode == "too few":
            send(frames.answers_frame([], 0.0))
        elif mode == "half a frame":
            os.write(1, b"\x00\x00")
            return 0
        elif mode == "stands still":
            time.sleep(600)
        elif probabilities:
            send(frames.answers_frame([float(len(rows))] * len(rows), 0.001))
        else:
            send(frames.answers_frame([row[0] for row in rows], 0.5))
    return 0


def send(content: bytes) -> None:
    """Write a frame."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

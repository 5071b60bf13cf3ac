"""The split between champion and challenger: its size, and that it is the same for the same key."""

import math
import random
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from src.service.challenger.split import is_chosen, share_of

SOURCE = Path(__file__).parents[5] / "inference_api"
REQUESTS = 20_000
FAMILIES = {
    "random ids": [str(uuid.UUID(int=random.Random(seed).getrandbits(128), version=4)) for seed in range(REQUESTS)],
    "ids that a client counts": [f"3f9c2d-{count:x}" for count in range(REQUESTS)],
    "numbers of users": [str(number) for number in range(REQUESTS)],
    "users of one company": [f"user-{number:06}@example.com" for number in range(REQUESTS)],
}


def chosen_of(keys: list[str], percent: float) -> set[str]:
    """The keys whose requests the challenger gets."""
    return {key for key in keys if is_chosen(key.encode(), percent)}


def assert_binomial(count: int, percent: float) -> None:
    """Of all requests, so many are within 4.5 standard deviations of the percentage: 7 in a million draws are not."""
    share = percent / 100
    assert abs(count - REQUESTS * share) <= 4.5 * math.sqrt(REQUESTS * share * (1 - share))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("percent", [0.5, 10, 20, 50, 99])
def test_the_challenger_gets_its_percentage(family: str, percent: float) -> None:
    """Whatever the keys look like, the challenger gets as many as if each was drawn."""
    assert_binomial(len(chosen_of(FAMILIES[family], percent)), percent)


@pytest.mark.parametrize("percent", [0.5, 10, 50])
def test_requests_without_a_key_are_drawn(percent: float) -> None:
    """Without a key each request is drawn by itself."""
    random.seed(18)
    assert_binomial(sum(is_chosen(b"", percent) for _ in range(REQUESTS)), percent)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_larger_percentage_keeps_who_was_chosen(family: str) -> None:
    """At 20 % the 10 % of before are still the challenger's, and at 100 % all are."""
    keys = FAMILIES[family]
    tenth, fifth = chosen_of(keys, 10), chosen_of(keys, 20)
    assert tenth == chosen_of(keys, 10)
    assert tenth < fifth
    assert len(chosen_of(keys, 100)) == REQUESTS


@pytest.mark.parametrize("key", [b"", b"a", b"user-1"])
def test_no_percentage_means_nobody(key: bytes) -> None:
    """With 0 % no request is the challenger's, and with 100 % every one is."""
    assert not any(is_chosen(key, 0.0) for _ in range(1000))
    assert all(is_chosen(key, 100.0) for _ in range(1000))


def test_every_process_splits_alike() -> None:
    """Another process, with another seed of Python's own hash, has the same places, which never change."""
    script = "from src.service.challenger.split import share_of; print(share_of(b'user-1'), share_of(b'\\xf1'))"
    command = [sys.executable, "-c", script]
    environment = {"PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert [float(text) for text in done.stdout.split()] == [share_of(b"user-1"), share_of(b"\xf1")]
    # sha256sum of "user-1" begins with c6c289e49e9c
    assert share_of(b"user-1") == int("c6c289e49e9c", 16) / 2**48

"""The options of soak and stress tests."""

from __future__ import annotations

import pytest

from capacity.commands.soak_stress_options import parse_soak_stress
from capacity.commands.stress import MAX_RECOVERY_SECONDS


def test_durations_of_a_stress_test() -> None:
    """Each rate is measured for 8 s and the recovery for 30 s, unless an option says otherwise."""
    usual = parse_soak_stress("stress", [])
    short = parse_soak_stress("stress", ["--rate-seconds", "2", "--recovery-seconds", "10"])

    assert (usual.rate_seconds, usual.recovery_seconds) == (8, 30)
    assert (short.rate_seconds, short.recovery_seconds) == (2, 10)


@pytest.mark.parametrize(
    ("kind", "arguments", "reason"),
    [
        ("stress", ["--recovery-seconds", f"{MAX_RECOVERY_SECONDS - 1:g}"], "'9' is not a number from 10 to 600"),
        ("stress", ["--minutes", "1"], "unrecognized arguments: --minutes"),
        ("soak", ["--rate-seconds", "2"], "unrecognized arguments: --rate-seconds"),
        ("soak", ["--minutes", "0.05"], "'0.05' is not a number from 0.1 to 1440"),
    ],
)
def test_wrong_durations_are_refused(
    kind: str, arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recovery that may take longer than it is measured would be taken for none."""
    with pytest.raises(SystemExit) as ended:
        parse_soak_stress(kind, arguments)

    assert ended.value.code == 2
    assert reason in capsys.readouterr().err

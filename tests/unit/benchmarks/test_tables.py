"""What a reader sees."""

import pytest

from benchmarks.tables import figure, load_table, load_title, terminal_table
from tests.unit.benchmarks.examples import rates, results


@pytest.mark.parametrize(
    ("value", "text"), [(61234.4, "61 234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")]
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    """More would only be noise."""
    assert figure(value) == text


def test_a_row_has_the_middle_and_the_outermost() -> None:
    """The rate and the ratio to the fast lane."""
    table = load_table(results([*rates("lane", 50_000, 60_000), *rates("mlflow", 500, 400)]), "linear", "single", 64)

    [row] = [line for line in table.splitlines() if "models serve" in line]
    assert "| 450 [400-500] | 125 [100-150] |" in row


def test_who_could_not_be_measured_stands_there_with_the_reason() -> None:
    """Never a silent gap, and no folder of the machine it happened on."""
    failed = {"linear": {"bentoml": "ended before it was ready, exit code 1: /srv/peer/app.py: no | module"}}

    table = load_table(results(rates("lane", 1), failed), "linear", "single", 64)

    assert "| BentoML | no se midió: ended before it was ready, exit code 1: app.py: no / module |" in table
    assert len({line.count("|") for line in table.splitlines()}) == 1


def test_who_answered_nothing_under_one_load_is_measured_under_the_others() -> None:
    """The reason stands in that table only."""
    measured = results(rates("mlflow", 5, 6), {"linear": {"mlflow batch 64": "no good answer within 12 s"}})

    assert "no se midió: no good answer" in load_table(measured, "linear", "batch", 64)
    assert "no se midió" not in load_table(measured, "linear", "single", 64)


def test_who_died_on_the_way_is_marked() -> None:
    """What it had answered until then counts, and is not passed off as a whole measurement."""
    measured = results(rates("mlflow", 5), {"linear": {"mlflow": "died under load"}})

    assert "(no terminó: died under load) | 5.00 [5.00-5.00]" in load_table(measured, "linear", "single", 64)


def test_who_has_no_batches_stands_there_too() -> None:
    """But limits, which know no model, do not."""
    measured = results([*rates("litserve", 1), *rates("asgi", 1)])

    table = load_table(measured, "linear", "batch", 64)
    assert "| LitServe | no tiene lotes |" in table
    assert "ASGI" not in table


def test_the_terminal_shows_every_load() -> None:
    """With its title."""
    assert load_title("single", 64) in terminal_table(results(rates("lane", 1)))
    assert (load_title("single", 1), load_title("batch", 512)) == (
        "1 conexión, una fila",
        "512 conexiones, lotes de 100 filas",
    )

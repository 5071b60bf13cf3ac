"""The tables of the results."""

import pytest

from benchmarks.tables import figure, load_table, load_title, terminal_table
from tests.unit.benchmarks.examples import rates, results


@pytest.mark.parametrize(
    ("value", "text"), [(61234.4, "61 234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")]
)
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    """Further decimals would be noise."""
    assert figure(value) == text


def test_row_has_median_minimum_and_maximum() -> None:
    """Rate and ratio are the median with minimum and maximum in brackets."""
    table = load_table(results([*rates("lane", 50_000, 60_000), *rates("mlflow", 500, 400)]), "linear", "single", 64)

    [row] = [line for line in table.splitlines() if "models serve" in line]
    assert "| 450 [400-500] | 125 [100-150] |" in row


def test_server_that_failed_has_the_reason_in_its_row() -> None:
    """The reason has no folders of the machine and no character that would break the table."""
    failed = {"linear": {"bentoml": "ended before it was ready, exit code 1: /srv/peer/app.py: no | module"}}

    table = load_table(results(rates("lane", 1), failed), "linear", "single", 64)

    assert "| BentoML | no se midió: ended before it was ready, exit code 1: app.py: no / module |" in table
    assert len({line.count("|") for line in table.splitlines()}) == 1


def test_server_that_failed_under_one_load_is_in_the_other_tables() -> None:
    """The reason is in the table of that load only."""
    measured = results(rates("mlflow", 5, 6), {"linear": {"mlflow batch 64": "no good answer within 12 s"}})

    assert "no se midió: no good answer" in load_table(measured, "linear", "batch", 64)
    assert "no se midió" not in load_table(measured, "linear", "single", 64)


def test_server_that_exited_during_the_run_is_marked() -> None:
    """Its row has the measurements until then, and the reason."""
    measured = results(rates("mlflow", 5), {"linear": {"mlflow": "died under load"}})

    assert "(no terminó: died under load) | 5.00 [5.00-5.00]" in load_table(measured, "linear", "single", 64)


def test_server_without_batches_is_in_the_table_of_batches() -> None:
    """Its row says that it has none; the limits, which have no model, are left out."""
    measured = results([*rates("litserve", 1), *rates("asgi", 1)])

    table = load_table(measured, "linear", "batch", 64)
    assert "| LitServe | no tiene lotes |" in table
    assert "ASGI" not in table


def test_terminal_shows_every_load() -> None:
    """Each table has the title of its load."""
    assert load_title("single", 64) in terminal_table(results(rates("lane", 1)))
    assert (load_title("single", 1), load_title("batch", 512)) == (
        "1 conexión, una fila",
        "512 conexiones, lotes de 100 filas",
    )

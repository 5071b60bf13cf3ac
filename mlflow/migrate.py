"""Bring MLflow's tables to the version of the installed MLflow, once, before any server starts.

MySQL commits each change of a table on its own, so a first migration that is killed half way leaves tables that no
later one can work with. Therefore a mark is put into an empty database first and taken out after success. Finding the
mark means that no server has ever run on these tables: they are dropped and the migration begins anew. A database
without the mark is never dropped, only upgraded.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from database import ConfigurationError, Database
from schema import MARK, MigrationError, create_schema, table_names, upgrade_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOCK = "mlflow_migration"
# https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html
REFUSALS = {1044: "may not use the database", 1045: "is refused", 1049: "finds no such database"}

log = logging.getLogger("migrate")


def connect(database: Database, wait: float) -> sqlalchemy.Engine:
    """Connect once the server answers, waiting at most `wait` seconds.

    The engine holds one connection only, so that the lock belongs to the very session that changes the tables: when
    this program is killed, MySQL frees the lock after the statement that is still running, not before.

    Raises:
        MigrationError: The account is refused, or the server did not answer in time.
    """
    engine = sqlalchemy.create_engine(database.url, poolclass=StaticPool)
    deadline = time.monotonic() + wait
    announced = False
    while True:
        try:
            with engine.connect():
                return engine
        except OperationalError as error:
            code, reason = (*error.orig.args, "", "")[:2] if error.orig else (0, str(error))
            if code in REFUSALS:
                raise MigrationError(
                    f"{database} {REFUSALS[code]}: {reason}. A data volume keeps the names and passwords of its first "
                    "start: put the MYSQL_* variables back, or delete the volume (and all data) with `down -v`."
                ) from error
            if time.monotonic() > deadline:
                raise MigrationError(f"{database} did not answer within {wait:.0f} s: {reason}") from error
            if not announced:
                log.info("waiting for %s", database)
                announced = True
            time.sleep(0.5)


@contextmanager
def exclusive(engine: sqlalchemy.Engine, wait: float) -> Iterator[None]:
    """Hold the lock that keeps two migrations from running at once.

    Raises:
        MigrationError: Another migration held it for all of `wait` seconds.
    """
    with engine.connect() as connection:
        taken = connection.scalar(sqlalchemy.text("SELECT GET_LOCK(:lock, :wait)"), {"lock": LOCK, "wait": wait})
    if taken != 1:
        raise MigrationError(f"another migration has been running for more than {wait:.0f} s; let it finish")
    try:
        yield
    finally:
        engine.dispose()  # Closing the session frees the lock.


def migrate(database: Database, wait: float) -> None:
    """Bring the tables to the installed MLflow's version.

    Raises:
        MigrationError: It cannot be done; the message says why and what to do.
    """
    # Takes seconds, while MySQL starts as well.
    import mlflow.store.db.utils  # noqa: F401, PLC0415 - here, so that --help and a wrong environment answer at once

    engine = connect(database, wait)
    with exclusive(engine, wait):
        names = table_names(engine)
        # Alembic's own table does not make a database used: MLflow judges likewise.
        if MARK in names or all(name.startswith("alembic_") for name in names):
            create_schema(engine)
        else:
            upgrade_schema(engine, database)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the tables are ready, 1 when a later try may succeed or needs a person, 2 for a wrong environment.
    """
    parser = argparse.ArgumentParser(prog="migrate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wait", type=float, default=300, help="seconds to wait for MySQL (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        migrate(Database.from_environment(), options.wait)
    except ConfigurationError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence is enough
        return 2
    except (MigrationError, SQLAlchemyError) as error:
        log.error("%s", error)  # noqa: TRY400 - as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

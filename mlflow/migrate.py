"""Upgrade MLflow's tables to the version of the installed MLflow, once, before any server starts.

MySQL commits each change of a table separately, so a first migration that is killed leaves tables that a later one
cannot use. Therefore a marker table is created first in an empty database and dropped after success. While the marker
exists, no server has used the tables: they are dropped and the migration starts again. A database without the marker
is never dropped, only upgraded.
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

from accounts import Accounts
from configuration import ConfigurationError
from database import Database
from schema import MARKER_TABLE, MigrationError, create_schema, is_current, table_names, upgrade_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOCK_NAME = "mlflow_migration"
# https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html
REFUSALS = {1044: "may not use the database", 1045: "is refused", 1049: "finds no such database"}

log = logging.getLogger("migrate")


def connect(database: Database, wait: float) -> sqlalchemy.Engine:
    """Connect when the server answers, within `wait` seconds.

    The engine has only one connection, so that the session that changes the tables also holds the lock: when this
    program is killed, MySQL releases the lock only after the running statement.

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
def migration_lock(engine: sqlalchemy.Engine, wait: float) -> Iterator[None]:
    """Hold a lock, so that only one migration runs at a time.

    Raises:
        MigrationError: Another migration held it for all of `wait` seconds.
    """
    with engine.connect() as connection:
        acquired = connection.scalar(
            sqlalchemy.text("SELECT GET_LOCK(:lock, :wait)"), {"lock": LOCK_NAME, "wait": wait}
        )
    if acquired != 1:
        raise MigrationError(f"another migration has been running for more than {wait:.0f} s; let it finish")
    try:
        yield
    finally:
        engine.dispose()  # Closing the session releases the lock.


def migrate(database: Database, wait: float) -> None:
    """Upgrade the tables to the version of the installed MLflow.

    Raises:
        MigrationError: The migration is not possible; the message says why and what to do.
    """
    # The import takes seconds, during which MySQL starts.
    import mlflow.store.db.utils  # noqa: F401, PLC0415 - not needed for --help and an invalid environment

    engine = connect(database, wait)
    with migration_lock(engine, wait):
        names = table_names(engine)
        # A database with only the table of Alembic is empty, as MLflow has it.
        if MARKER_TABLE in names or all(name.startswith("alembic_") for name in names):
            create_schema(engine)
        else:
            upgrade_schema(engine, database)


def wait_for_tables(database: Database, wait: float) -> None:
    """Wait until another run has brought the tables to the version of the installed MLflow.

    Raises:
        MigrationError: They were not there within `wait` seconds.
    """
    import mlflow.store.db.utils  # noqa: F401, PLC0415 - not needed for --help and an invalid environment

    engine = connect(database, wait)
    deadline = time.monotonic() + wait
    log.info("waiting for the tables of %s", database)
    while not is_current(engine):
        if time.monotonic() > deadline:
            raise MigrationError(f"the tables of {database} were not migrated within {wait:.0f} s")
        time.sleep(1)
    engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 when the tables are ready, 1 when the migration failed, 2 for an invalid environment.
    """
    parser = argparse.ArgumentParser(prog="migrate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wait", type=float, default=300, help="seconds to wait for MySQL (default: %(default)s)")
    parser.add_argument(
        "--only-wait", action="store_true", help="change nothing: wait until another run has ended well"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        run = wait_for_tables if options.only_wait else migrate
        database = Database.from_environment()
        Accounts.from_environment()  # what the server would refuse ends `up` with this job's message
        run(database, options.wait)
    except ConfigurationError as error:
        log.error("%s", error)  # noqa: TRY400 - the message is enough
        return 2
    except (MigrationError, SQLAlchemyError) as error:
        log.error("%s", error)  # noqa: TRY400 - as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""MLflow's tables: create them in an empty database, or upgrade them where they may have data."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import sqlalchemy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from database import Database

MARKER_TABLE = "first_migration_in_progress"

log = logging.getLogger("migrate")


class MigrationError(Exception):
    """The migration failed; the message says why and what to do."""


def table_names(engine: sqlalchemy.Engine) -> set[str]:
    """The names of the tables."""
    return set(sqlalchemy.inspect(engine).get_table_names())


def is_current(engine: sqlalchemy.Engine) -> bool:
    """Whether the tables are complete and of the version of the installed MLflow."""
    from mlflow.store.db import utils  # noqa: PLC0415 - see `migrate`

    if MARKER_TABLE in table_names(engine):
        return False
    before, target = utils._get_schema_version(engine), utils._get_latest_schema_revision()  # noqa: SLF001 - MLflow has no public name for it
    return bool(before == target)


def drop_tables(engine: sqlalchemy.Engine, names: Sequence[str]) -> None:
    """Drop tables regardless of foreign keys."""
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SET FOREIGN_KEY_CHECKS = 0"))
        for name in names:
            connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {quote(name)}"))
        connection.execute(sqlalchemy.text("SET FOREIGN_KEY_CHECKS = 1"))


def create_schema(engine: sqlalchemy.Engine) -> None:
    """Create all tables in an empty database; after a kill at any moment, another call starts again."""
    from mlflow.store.db import utils  # noqa: PLC0415 - see `migrate`

    leftovers = sorted(table_names(engine) - {MARKER_TABLE})
    if leftovers:
        log.warning("an earlier first migration never finished: dropping its %d tables", len(leftovers))
        drop_tables(engine, leftovers)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE TABLE IF NOT EXISTS {MARKER_TABLE} (id INT)"))
    # As `mlflow db upgrade` for an empty database, but without the password in the arguments of a process.
    utils._initialize_tables(engine)  # noqa: SLF001 - MLflow has no public name for it
    drop_tables(engine, [MARKER_TABLE])
    log.info("the tables are created")


def upgrade_schema(engine: sqlalchemy.Engine, database: Database) -> None:
    """Upgrade tables that may have data; a failure deletes nothing.

    Raises:
        MigrationError: The upgrade failed.
    """
    from mlflow.store.db import utils  # noqa: PLC0415 - see `migrate`

    before, target = utils._get_schema_version(engine), utils._get_latest_schema_revision()  # noqa: SLF001 - MLflow has no public name for it
    if before == target:
        log.info("the tables are up to date (%s)", target)
        return
    log.info("upgrading the tables from %s to %s", before, target)
    try:
        utils._upgrade_db(engine)  # noqa: SLF001 - as above
    except Exception as error:
        raise MigrationError(
            f"upgrading {database} from {before} to {target} stopped at {utils._get_schema_version(engine)}: {error}\n"  # noqa: SLF001 - as above
            "Nothing was deleted, and no server is started on half-upgraded tables. Restore the backup that was made "
            "before the upgrade and run it again, or go back to the MLflow version that wrote the data; "
            "`down -v` starts over without any data."
        ) from error
    log.info("the tables are upgraded")

"""MLflow's users: their tables, which lie beside MLflow's own in the same database, and the users of `.env`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import sqlalchemy

from schema import MigrationError, drop_tables, table_names

if TYPE_CHECKING:
    from accounts import Account, Accounts

MARKER_TABLE = "first_account_migration_in_progress"
VERSION_TABLE = "alembic_version_auth"

log = logging.getLogger("migrate")


def account_table_names() -> set[str]:
    """The names of the tables of users and permissions; none is one of MLflow's other tables."""
    from mlflow.server.auth import sqlalchemy_store  # noqa: PLC0415 - as in `create_account_tables`
    from mlflow.server.auth.db.models import Base  # noqa: PLC0415

    legacy = sqlalchemy_store._RETAINED_LEGACY_PERMISSION_TABLES  # noqa: SLF001 - MLflow has no public name for it
    return {VERSION_TABLE, *Base.metadata.tables, *legacy}


def create_account_tables(engine: sqlalchemy.Engine) -> None:
    """Create or upgrade the tables; after a kill during the first time, another call starts again.

    Raises:
        MigrationError: The upgrade of tables with data failed.
    """
    from mlflow.server.auth.db import utils  # noqa: PLC0415 - a second, and only needed with authentication

    names = table_names(engine)
    first = MARKER_TABLE in names or VERSION_TABLE not in names
    if first:
        if leftovers := sorted(names & account_table_names()):
            log.warning("an earlier first migration of users never finished: dropping its %d tables", len(leftovers))
            drop_tables(engine, leftovers)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"CREATE TABLE IF NOT EXISTS {MARKER_TABLE} (id INT)"))
    try:
        # Not `migrate_if_needed`: it looks for the table of versions in a transaction that it keeps open, and on MySQL
        # its second connection then waits for ever to create this table.
        utils.migrate(engine, "head")
    except Exception as error:
        if first:
            raise
        raise MigrationError(
            f"upgrading the tables of users failed: {error}\nNothing was deleted. Restore the backup that was made "
            "before the upgrade, or go back to the MLflow version that wrote the data; MLFLOW_AUTH=false starts MLflow "
            "without users meanwhile."
        ) from error
    if first:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"DROP TABLE {MARKER_TABLE}"))
        log.info("the tables of users are created")


def set_accounts(url: str, accounts: Accounts) -> None:
    """Create the users that do not exist, and give the others the passwords of now.

    Raises:
        MigrationError: Both names are the same user for the database.
    """
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - as above

    store = SqlAlchemyStore()
    store.init_db(url)
    _set_account(store, accounts.administrator, is_administrator=True)
    reader = accounts.reader.name
    if store.has_user(reader) and store.get_user(reader).id == store.get_user(accounts.administrator.name).id:
        raise MigrationError("MLFLOW_TRACKING_USERNAME and MLFLOW_API_USERNAME are one user for the database")
    _set_account(store, accounts.reader, is_administrator=False)
    store.engine.dispose()


def accounts_are_set(engine: sqlalchemy.Engine, url: str, accounts: Accounts) -> bool:
    """Whether another run has ended: the tables are of the installed MLflow, and the users have these passwords."""
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - as above

    if not _tables_are_current(engine):  # `init_db` would change them
        return False
    store = SqlAlchemyStore()
    store.init_db(url)
    both = (accounts.administrator, accounts.reader)
    are_set = all(
        store.has_user(account.name) and store.authenticate_user(account.name, account.password) for account in both
    )
    store.engine.dispose()
    return are_set


def _tables_are_current(engine: sqlalchemy.Engine) -> bool:
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as in `create_account_tables`
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from mlflow.server.auth.db import utils  # noqa: PLC0415

    if MARKER_TABLE in table_names(engine):
        return False
    configuration = utils._get_alembic_config(str(engine.url))  # noqa: SLF001 - MLflow has no public name for it
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision() == ScriptDirectory.from_config(configuration).get_current_head()


def _set_account(store: Any, account: Account, *, is_administrator: bool) -> None:
    if not store.has_user(account.name):
        store.create_user(account.name, account.password, is_admin=is_administrator)
        log.info("the user %r is created", account.name)
        return
    password = None if store.authenticate_user(account.name, account.password) else account.password
    if password is not None:
        log.info("the user %r gets the password of now", account.name)
    store.update_user(account.name, password=password, is_admin=is_administrator)

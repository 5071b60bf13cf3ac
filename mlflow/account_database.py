"""MLflow's users in a database of their own, made anew from `.env` at each start of the server.

MLflow's migration of these tables fails on MySQL: it gives two foreign keys of one database the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from accounts import Accounts


def create_account_database(folder: Path, accounts: Accounts) -> str:
    """Create the users in a new file of SQLite.

    Args:
        folder: A folder that only this user reads.
        accounts: The users.

    Returns:
        The URL of the database.
    """
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415 - seconds, only with MLFLOW_AUTH

    url = f"sqlite:///{folder / 'accounts.db'}"
    store = SqlAlchemyStore()
    store.init_db(url)
    store.create_user(accounts.administrator.name, accounts.administrator.password, is_admin=True)
    store.create_user(accounts.reader.name, accounts.reader.password)
    store.engine.dispose()
    return url

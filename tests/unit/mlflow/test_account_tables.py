"""The tables of MLflow's users, on SQLite; tests/e2e runs them on MySQL."""

import logging
import warnings
from pathlib import Path

import pytest
import sqlalchemy

from account_tables import MARKER_TABLE, account_table_names, accounts_are_set, create_account_tables, set_accounts
from accounts import Account, Accounts
from schema import MigrationError, table_names

with warnings.catch_warnings():
    # MLflow's server warns about its own code while it is imported; imported here, no later import warns.
    warnings.simplefilter("ignore")
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

# Alembic warns about the configuration that MLflow gives it.
pytestmark = pytest.mark.filterwarnings("ignore:No path_separator found:DeprecationWarning")

ACCOUNTS = Accounts(Account("admin", "password of people"), Account("api", "password of the API"))


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with the tables."""
    url = f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'accounts.db'}"
    create_account_tables(sqlalchemy.create_engine(url))
    return url


def _store(url: str) -> SqlAlchemyStore:
    store = SqlAlchemyStore()
    store.init_db(url)
    return store


def test_all_tables_are_known(migrated: str) -> None:
    """What the migration creates is what a later run drops after a kill, and the marker is gone."""
    assert table_names(sqlalchemy.create_engine(migrated)) == account_table_names()


def test_none_is_a_table_of_the_metadata() -> None:
    """Both have their tables in one database: dropping those of users drops no model."""
    from mlflow.store.db.base_sql_model import Base  # noqa: PLC0415
    from mlflow.store.model_registry.dbmodels import models as registry  # noqa: F401, PLC0415 - fills Base
    from mlflow.store.tracking.dbmodels import models  # noqa: F401, PLC0415 - as above

    assert len(Base.metadata.tables) > 20
    assert account_table_names().isdisjoint(Base.metadata.tables)


def test_the_users_of_env_get_their_passwords(migrated: str, caplog: pytest.LogCaptureFixture) -> None:
    """They are created once; with another password in `.env`, that one holds. No password is logged."""
    caplog.set_level(logging.INFO)
    changed = Accounts(ACCOUNTS.administrator, Account("api", "another password"))
    for accounts in (ACCOUNTS, ACCOUNTS, changed):
        set_accounts(migrated, accounts)
    store = _store(migrated)

    assert {user.username: user.is_admin for user in store.list_users()} == {"admin": True, "api": False}
    assert store.authenticate_user("admin", "password of people")
    assert store.authenticate_user("api", "another password")
    assert not store.authenticate_user("api", "password of the API")
    assert [message for message in caplog.messages if "user" in message] == [
        "the user 'admin' is created",
        "the user 'api' is created",
        "the user 'api' gets the password of now",
    ]


def test_a_server_waits_for_tables_and_users(tmp_path: Path) -> None:
    """It may start when the tables are complete, and the users have the passwords of now; asking changes nothing."""
    url = f"sqlite:///{tmp_path / 'accounts.db'}"
    engine = sqlalchemy.create_engine(url)
    seen = [accounts_are_set(engine, url, ACCOUNTS)]
    names = table_names(engine)
    create_account_tables(engine)
    seen.append(accounts_are_set(engine, url, ACCOUNTS))
    set_accounts(url, ACCOUNTS)
    seen.append(accounts_are_set(engine, url, ACCOUNTS))
    changed = Accounts(ACCOUNTS.administrator, Account("api", "another password"))
    seen.append(accounts_are_set(engine, url, changed))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"CREATE TABLE {MARKER_TABLE} (id INT)"))
    seen.append(accounts_are_set(engine, url, ACCOUNTS))

    assert names == set()
    assert seen == [False, False, True, False, False]


def test_an_upgrade_that_fails_drops_nothing(tmp_path: Path) -> None:
    """Tables of a later MLflow stay as they are, and the message says what to do."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'accounts.db'}")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE alembic_version_auth (version_num VARCHAR(32))"))
        connection.execute(sqlalchemy.text("INSERT INTO alembic_version_auth VALUES ('from_the_future')"))
        connection.execute(sqlalchemy.text("CREATE TABLE users (id INT)"))

    with pytest.raises(MigrationError, match=r"from_the_future.*\n*Nothing was deleted"):
        create_account_tables(engine)
    assert table_names(engine) == {"alembic_version_auth", "users"}

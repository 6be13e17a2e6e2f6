"""Migrations of the database and pragmas of SQLite."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from backend.db import tables
from backend.db.engine import Database
from models_zoo.errors import InvalidInput
from tests.service.revisions import downgrade, upgrade


@pytest.fixture
def database(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'deep' / 'axiscope.db'}") as opened:
        yield opened


def test_migrations_go_up_down_and_up_again(database):
    database.migrate()
    names = set(inspect(database.engine).get_table_names())
    assert {"models", "metric_results", "tokens"} <= names
    downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    database.migrate()
    assert set(inspect(database.engine).get_table_names()) == names


def test_migrating_to_each_revision_and_back_works(database):
    upgrade(database, "0001")
    assert "models" in inspect(database.engine).get_table_names()
    database.migrate()
    downgrade(database, "0001")
    assert "models" in inspect(database.engine).get_table_names()


def test_only_the_newest_schema_lets_a_start_go_without_alembic(database):
    assert not database.is_newest()
    upgrade(database, "0001")
    assert not database.is_newest()
    database.migrate()
    assert database.is_newest()


def test_the_migrations_make_exactly_the_tables_of_the_code(database):
    database.migrate()
    known = set(tables.Base.metadata.tables)
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in known},
        )
        assert compare_metadata(context, tables.Base.metadata) == []


def test_sqlite_runs_in_wal_mode_with_foreign_keys(database):
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_senseless_database_url_is_refused_with_examples():
    with pytest.raises(InvalidInput, match="sqlite:////srv"):
        Database("nonsense")

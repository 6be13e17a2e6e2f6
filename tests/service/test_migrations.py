"""Migrations of the database and pragmas of SQLite."""

import re

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


def read_schema(database):
    """Return name and kind of all tables and indexes, with the parts of their statements, whose order may differ."""
    with database.read() as connection:
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master")).all()
    return {(kind, name): sorted(re.split(r"[,\s\"]+", sql or "")) for kind, name, sql in rows}


def test_migrations_go_up_down_and_up_again(database):
    upgrade(database, "head")
    names = set(inspect(database.engine).get_table_names())
    assert {"models", "metric_results", "tokens"} <= names
    downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    database.migrate()
    assert set(inspect(database.engine).get_table_names()) == names


def test_a_new_database_has_at_once_what_all_migrations_make(database, tmp_path):
    upgrade(database, "head")
    with Database(f"sqlite:///{tmp_path / 'new.db'}") as new:
        new.migrate()
        assert new.is_newest()
        assert read_schema(new) == read_schema(database)
        downgrade(new, "base")
        assert set(inspect(new.engine).get_table_names()) <= {"alembic_version"}


def test_a_database_with_tables_of_another_program_keeps_them(database):
    with database.write() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    database.migrate()
    assert database.is_newest()
    assert {"notes", "models"} <= set(inspect(database.engine).get_table_names())


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
    upgrade(database, "head")
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

"""The database: migrations and what SQLite is told."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from backend.db import tables
from backend.db.engine import is_newest, make_engine, migrate
from models_zoo.errors import InvalidInput


@pytest.fixture
def engine(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'deep' / 'axiscope.db'}")
    yield engine
    engine.dispose()


def test_migrations_go_up_down_and_up_again(engine):
    migrate(engine)
    names = set(inspect(engine).get_table_names())
    assert {"models", "metric_results", "tokens"} <= names
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == names


def test_migrating_to_each_revision_and_back_works(engine):
    migrate(engine, "0001")
    assert "models" in inspect(engine).get_table_names()
    migrate(engine)
    migrate(engine, "0001")
    assert "models" in inspect(engine).get_table_names()


def test_only_the_newest_schema_lets_a_start_go_without_alembic(engine):
    assert not is_newest(engine)
    migrate(engine, "0001")
    assert not is_newest(engine)
    migrate(engine)
    assert is_newest(engine)


def test_the_migrations_make_exactly_the_tables_of_the_code(engine):
    migrate(engine)
    known = set(tables.Base.metadata.tables)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in known},
        )
        assert compare_metadata(context, tables.Base.metadata) == []


def test_sqlite_runs_in_wal_mode_with_foreign_keys(engine):
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_senseless_database_url_is_refused_with_examples():
    with pytest.raises(InvalidInput, match="sqlite:////srv"):
        make_engine("nonsense")

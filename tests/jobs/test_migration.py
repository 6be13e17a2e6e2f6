"""The migration makes exactly the tables that the code declares, on both databases, and takes them away again."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from backend.db.base import Base
from backend.db.engine import Database
from backend.jobs import tables
from tests.service.revisions import downgrade, upgrade


def test_the_migration_equals_the_declaration(url):
    database = Database(url)
    upgrade(database, "head")
    names = {value.name for value in vars(tables).values() if isinstance(value, sa.Table)}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        changes = compare_metadata(context, Base.metadata)
    assert [change for change in changes if any(repr(name) in repr(change) for name in names)] == []
    downgrade(database, "0001")
    assert not names & set(sa.inspect(database.engine).get_table_names())
    database.close()

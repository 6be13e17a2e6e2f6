"""Migration environment. The connection comes from Database.migrate, or from AXISCOPE_DATABASE_URL."""

import importlib

from alembic import context

from backend.db import tables
from backend.db.engine import Database
from backend.settings import read_settings

importlib.import_module("backend.jobs.tables")  # the tables of the queue join the same metadata
TARGET = tables.Base.metadata


def run(connection):
    context.configure(connection=connection, target_metadata=TARGET, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(read_settings().database) as database, database.write() as opened:
        run(opened)

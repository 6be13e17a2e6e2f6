"""Moves of a database between revisions of its schema; the product only goes to the newest."""

from alembic import command

from backend.db.engine import migrations


def move(step, database, revision):
    """Run Alembic's ``step``, `command.upgrade` or `command.downgrade`, to ``revision``."""
    config = migrations()
    with database.write() as connection:
        config.attributes["connection"] = connection
        step(config, revision)


def upgrade(database, revision):
    """Bring the schema up to ``revision``."""
    move(command.upgrade, database, revision)


def downgrade(database, revision):
    """Bring the schema down to ``revision`` or ``base``."""
    move(command.downgrade, database, revision)

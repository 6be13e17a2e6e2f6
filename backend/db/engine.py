"""Engine, transactions and migrations."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from models_zoo.errors import InvalidInput

ALEMBIC_INI = Path(__file__).parents[2] / "alembic.ini"
REVISIONS = ALEMBIC_INI.parent / "alembic" / "versions"
BUSY_MILLISECONDS = 10_000
TRANSACTION_TRIES = 5
RETRY_SECONDS = 1.0
# What a database raises that is locked, unreachable or being restarted; a wrong statement is not among them.
DatabaseUnavailable = (OperationalError, InterfaceError)
log = logging.getLogger("axiscope")
T = TypeVar("T")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _make_private(database: Path) -> None:
    """Make the file where it is missing, readable by this account alone: it holds digests of tokens.

    SQLite gives the files beside it, ``-wal`` and ``-shm``, the same permissions.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        path = database.with_name(database.name + suffix)
        if not suffix and not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.exists() and path.stat().st_uid == os.geteuid():
            path.chmod(0o600)


def make_engine(url: str) -> Engine:
    """Engine for a SQLAlchemy URL; SQLite runs in WAL mode, so that readers never wait for a writer.

    Raises
    ------
    InvalidInput
        If the URL cannot be understood.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInput(
            f"AXISCOPE_DATABASE_URL = {url!r} is not a database URL; allowed are for example "
            "sqlite:////srv/axiscope.db and postgresql://user:password@host/axiscope"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=10, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:" and not parsed.database.startswith("file:"):
        _make_private(Path(parsed.database))
    engine = create_engine(parsed, connect_args={"check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def is_newest(engine: Engine) -> bool:
    """Whether the database has the newest schema; asked without Alembic, whose import takes 0.2 s of every start."""
    newest = max(path.name for path in REVISIONS.glob("[0-9]*.py")).partition("_")[0]
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest)
    except DBAPIError:
        return False


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database to ``revision``: up for a later one, down for an earlier one or ``base``."""
    if revision == "head" and is_newest(engine):
        return
    from alembic import command  # noqa: PLC0415 - only migrating needs it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(ALEMBIC_INI)
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        target = script.get_current_head() if revision == "head" else revision
        if current == target:
            return
        config.attributes["connection"] = connection
        known = [entry.revision for entry in script.walk_revisions("base", "head")]
        downward = revision == "base" or (current in known and target in known[known.index(current) :])
        (command.downgrade if downward else command.upgrade)(config, revision)


def transaction(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """Run ``work`` in one transaction; repeat it where the database was locked or unreachable or chose it as victim.

    Parameters
    ----------
    sessions : sessionmaker
    work : callable
        Runs once for each try, on a new session; whatever it wrote before a failed try is rolled back.

    Raises
    ------
    OperationalError, InterfaceError
        Of the last of five tries, a second apart.
    """
    for left in reversed(range(TRANSACTION_TRIES)):
        try:
            with sessions.begin() as session:
                return work(session)
        except DatabaseUnavailable as error:
            if not left:
                raise
            log.warning("database unavailable, transaction repeated error=%s", type(error.orig).__name__)
            time.sleep(RETRY_SECONDS)
    raise AssertionError


def describe_database_error(error: SQLAlchemyError) -> str:
    """Return one sentence for a client: neither the statement nor its values are in it."""
    cause = getattr(error, "orig", None)
    kind = type(error if cause is None else cause).__name__
    if isinstance(error, DatabaseUnavailable):
        return f"the database was locked or unreachable ({kind}): retry the job when `axiscope doctor` finds it well"
    return f"the database refused a write ({kind}): retry the job; if it fails again, report it with the worker's log"

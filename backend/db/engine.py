"""Access to the database: one engine, its transactions on SQLite (WAL) and PostgreSQL, and its migrations."""

import importlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from backend.db.base import Base
from models_zoo.errors import InvalidInput

if TYPE_CHECKING:
    from alembic.config import Config

PACKAGED_MIGRATIONS = Path(__file__).parent / "migrations"
"""Where an installed wheel has the migrations; a checkout has them in the folder `alembic`."""
MIGRATIONS = PACKAGED_MIGRATIONS if PACKAGED_MIGRATIONS.is_dir() else Path(__file__).parents[2] / "alembic"
VERSION_TABLE = """CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
"""Statement by which Alembic makes its table."""
TABLES = ("backend.db.tables", "backend.jobs.tables")
"""Modules whose import adds their tables to the metadata of `Base`."""
BUSY_MILLISECONDS = 10_000
POOL_SIZE = 20
TRANSACTION_TRIES = 5
RETRY_SECONDS = 1.0
DatabaseUnavailable = (OperationalError, InterfaceError)
"""Errors of a database that is locked, unreachable or being restarted; a wrong statement is not among them."""
log = logging.getLogger("axiscope")
T = TypeVar("T")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, not in the driver


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidInput(
            f"AXISCOPE_DATABASE_URL: got {url!r}; allowed: a database URL, for example "
            "sqlite:////srv/axiscope.db or postgresql://user:password@host/axiscope"
        ) from None
    pool = {"pool_size": POOL_SIZE, "max_overflow": POOL_SIZE}
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True, **pool)
    if parsed.database and parsed.database != ":memory:" and not parsed.database.startswith("file:"):
        _make_private(Path(parsed.database))
    else:
        pool = {}
    engine = create_engine(parsed, connect_args={"check_same_thread": False}, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class Database:
    """One database: transactions with a connection (SQL statements) or a session (mapped objects).

    Reads never wait for a writer. Writers take turns: on SQLite one at a time, on PostgreSQL by row.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.

    Raises
    ------
    InvalidInput
        If the URL cannot be understood.
    """

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(writes=True)
        self._read_sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._write_sessions = sessionmaker(self._writing, expire_on_commit=False)

    def read(self) -> AbstractContextManager[Connection]:
        """Return a reading transaction, of one state of the database."""
        return self.engine.begin()

    def write(self) -> AbstractContextManager[Connection]:
        """Return a writing transaction; it is committed at the end of the block."""
        return self._writing.begin()

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """Open a session in a reading transaction."""
        with self._read_sessions() as session:
            yield session

    def write_session(self) -> AbstractContextManager[Session]:
        """Return a session in a writing transaction; it is committed at the end of the block."""
        return self._write_sessions.begin()

    def transact(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a writing transaction; repeat it where the database was locked or unreachable.

        Parameters
        ----------
        work : callable
            Runs once for each try, on a new session; the writes of a failed try are rolled back.

        Raises
        ------
        OperationalError, InterfaceError
            Of the last of five tries, a second apart.
        """
        for left in reversed(range(TRANSACTION_TRIES)):
            try:
                with self.write_session() as session:
                    return work(session)
            except DatabaseUnavailable as error:
                if not left:
                    raise
                log.warning("database unavailable, transaction repeated error=%s", type(error.orig).__name__)
                time.sleep(RETRY_SECONDS)
        raise AssertionError

    def is_newest(self) -> bool:
        """Return whether the schema is the newest, without Alembic, whose import takes 0.2 s of every start."""
        try:
            with self.read() as connection:
                return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest_revision())
        except DBAPIError:
            return False

    def _create_schema(self) -> bool:
        """Make the newest schema in an SQLite database without tables; return whether it had none.

        All revisions in turn take ten times as long, and the import of Alembic.
        """
        for module in TABLES:
            importlib.import_module(module)
        with self.write() as connection:
            if connection.scalar(text("SELECT count(*) FROM sqlite_master")):
                return False
            Base.metadata.create_all(connection, checkfirst=False)
            connection.execute(text(VERSION_TABLE))
            connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": newest_revision()})
        return True

    def migrate(self) -> None:
        """Bring the schema to the newest revision."""
        if self.is_newest() or (self.is_sqlite and self._create_schema()):
            return
        from alembic import command  # noqa: PLC0415 - only migrating needs it

        config = migrations()
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def newest_revision() -> str:
    """Return the number of the newest revision of the schema."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def migrations() -> "Config":
    """Return Alembic's configuration, which names the folder of revisions."""
    from alembic.config import Config  # noqa: PLC0415 - only migrating needs it

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def describe_database_error(error: SQLAlchemyError) -> str:
    """Return one sentence for a client: neither the statement nor its values are in it."""
    cause = getattr(error, "orig", None)
    kind = type(error if cause is None else cause).__name__
    if isinstance(error, DatabaseUnavailable):
        return f"the database was locked or unreachable ({kind}): retry the job when `axiscope doctor` finds it well"
    return f"the database refused a write ({kind}): retry the job; if it fails again, report it with the worker's log"

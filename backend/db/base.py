"""Declarative base of all tables, names of constraints, and times.

A time is an aware `datetime` in UTC everywhere in Python. The types below store it.
"""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Double, MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from models_zoo.json_types import JsonObject

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetime, stored as a timestamp in UTC, also where the database has no time zones (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Convert any aware time to UTC."""
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Mark a stored time as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EpochDateTime(TypeDecorator[datetime]):
    """Aware datetime, stored as seconds since 1970, to which statements may add seconds on both databases."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> float | None:
        """Convert an aware time to seconds."""
        return None if value is None else value.timestamp()

    def process_result_value(self, value: float | None, _dialect: Dialect) -> datetime | None:
        """Convert seconds to an aware time."""
        return None if value is None else datetime.fromtimestamp(value, UTC)

    def coerce_compared_value(self, _operator: object, value: object) -> TypeEngine[datetime] | TypeEngine[float]:
        """Let statements add numbers of seconds."""
        return self if isinstance(value, datetime) else Double()


class Now(FunctionElement[datetime]):
    """Time of the database's clock, the only one that leases are measured by.

    A function element, since statements with a column element of our own are compiled anew at each execution.
    """

    type = EpochDateTime()
    inherit_cache = True


@compiles(Now, "sqlite")
def _now_sqlite(_element: Now, _compiler: object, **_: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(Now, "postgresql")
def _now_postgresql(_element: Now, _compiler: object, **_: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


NOW = Now()


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime, JsonObject: JSON, list[object]: JSON}  # noqa: RUF012


def now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)

"""Imported results of studies: keep, list, read and delete the runs of a table."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db.tables import StudyImport
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from training.studies.result_table import make_result
from training.studies.results import Result

NAME_CHARACTERS = 200
CACHED_IMPORTS = 4
ENTRY = (StudyImport.id, StudyImport.name, StudyImport.runs, StudyImport.created_at)


def add(
    session: Session, study: str, name: str, runs: Sequence[tuple[str, JsonObject, Mapping[str, float]]]
) -> JsonObject:
    """Keep the checked runs of a file, each with group, settings and values, and return the entry of the import."""
    row = StudyImport(study=study, name=name[:NAME_CHARACTERS], runs=len(runs), document=json.dumps(runs))
    session.add(row)
    session.flush()
    return {"id": row.id, "name": row.name, "runs": row.runs, "created_at": row.created_at}


def listing(session: Session, study: str) -> list[JsonObject]:
    """Return the entries of the imports of a study, the newest first."""
    query = select(*ENTRY).where(StudyImport.study == study).order_by(StudyImport.id.desc())
    return [dict(row._mapping) for row in session.execute(query)]


def read(session: Session, study: str, number: int) -> tuple[JsonObject, tuple[Result, ...]]:
    """Return entry and results of an import.

    Raises
    ------
    NotFound
        If there is none.
    """
    query = select(*ENTRY, StudyImport.document).where(StudyImport.study == study, StudyImport.id == number)
    row = session.execute(query).first()
    if row is None:
        raise _missing(study, number)
    *_, document = row
    return {name: value for name, value in row._mapping.items() if name != "document"}, _results(document)


@lru_cache(maxsize=CACHED_IMPORTS)
def _results(document: str) -> tuple[Result, ...]:
    return tuple(make_result(group, varied, values) for group, varied, values in json.loads(document))


def remove(session: Session, study: str, number: int) -> None:
    """Delete an import.

    Raises
    ------
    NotFound
        If there is none.
    """
    removed = delete(StudyImport).where(StudyImport.study == study, StudyImport.id == number).returning(StudyImport.id)
    if session.execute(removed).first() is None:
        raise _missing(study, number)


def _missing(study: str, number: int) -> NotFound:
    return NotFound(
        f"got import {number} of {study}, which does not exist; allowed: those of GET /api/v1/studies/{study}/imports; "
        "name one of them"
    )

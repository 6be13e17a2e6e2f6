"""Source of the results that figures, tables and claims of a study show: measured at a scale, or an import."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend.db import study_imports
from backend.figures.study import measured
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.json_types import JsonObject
from training.studies.results import SEED, Result
from training.studies.study import Study

MAX_NAMES = 4


@dataclass(frozen=True)
class Source:
    """Finished runs of a study and where they come from.

    Parameters
    ----------
    study : Study
    results : sequence of Result
    scale : float, optional
        Scale of measured runs.
    imported : dict, optional
        Entry of the import of imported ones.
    """

    study: Study
    results: Sequence[Result]
    scale: float | None = None
    imported: JsonObject | None = None

    def note(self, runs: Sequence[Result]) -> str:
        """Return what must be said on each figure of ``runs``: origin, scale, steps, seeds, data, number of runs."""
        seeds = len({str(run.seed) for run in runs})
        steps = sorted({run.steps for run in runs if run.steps})
        counted = " to ".join(f"{value:,}" for value in dict.fromkeys([steps[0], steps[-1]])) if steps else "unknown"
        data = sorted({run.data for run in runs if run.data})
        named = ", ".join(data[:MAX_NAMES]) + (f" and {len(data) - MAX_NAMES} more" if len(data) > MAX_NAMES else "")
        return " · ".join(
            [
                self._origin(),
                f"steps: {counted}",
                f"{seeds} seed" + ("s" if seeds != 1 else ""),
                f"data: {named or 'unknown'}",
                f"{len(runs):,} of {self._planned():,} runs",
            ]
        )

    def _planned(self) -> int:
        """Return the number of runs of the study, with as many seeds as were measured where the source has fewer."""
        published = len({str(run.varied.get(SEED)) for run in self.study.runs})
        measured_seeds = len({str(run.seed) for run in self.results})
        return len(self.study.runs) * max(measured_seeds, published) // published

    def _origin(self) -> str:
        if self.imported is not None:
            when: datetime = self.imported["created_at"]
            return f"imported from {self.imported['name']} on {when:%Y-%m-%d}"
        return "measured here at full length" if self.scale == 1 else f"measured here at scale {self.scale:g}"

    def published(self) -> list[Result]:
        """Return the published rows as results, whose `run` names the table."""
        return [
            Result(run=row.table, group=row.group, varied=row.where, losses=row.values, data="published")
            for row in self.study.published
        ]


def open_source(
    session: Session,
    study: Study,
    *,
    scale: float | None = None,
    imported: int | None = None,
    details: Collection[str] = (),
    histories: bool = False,
) -> Source:
    """Return measured results at a scale, by default the largest, or those of an import.

    Raises
    ------
    NotFound
        If nothing was measured yet, or there is no such import.
    InvalidInput
        For a scale without results, or where both a scale and an import are named.
    """
    if imported is not None:
        if scale is not None:
            raise InvalidInput("got both scale and import; allowed: one of them", field="query/import")
        entry, results = study_imports.read(session, study.name, imported)
        return Source(study, results, imported=entry)
    known = list(measured.scales(session, study.name))
    if scale is not None and scale not in known:
        allowed = ", ".join(f"{each:g}" for each in known) or "none yet"
        raise InvalidInput(f"got scale={scale:g}; allowed: the measured scales, {allowed}", field="query/scale")
    if not known:
        raise NotFound(
            f"got no finished run of {study.name}; allowed: at least one; axiscope study run {study.name} --scale 0.01"
        )
    chosen = known[0] if scale is None else scale
    found = measured.results(session, study, chosen, details=details, histories=histories)
    return Source(study, found, scale=chosen)

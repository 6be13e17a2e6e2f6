"""Latents of all models: their rows, and pages of those that a search finds."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from backend.db.cursors import decode_cursor, encode_cursor, invalid_cursor
from backend.db.tables import Model, ModelLatent
from backend.models.listing import ModelFilter
from backend.schemas.models import LatentPage, LatentRow
from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject
from models_zoo.manifest import LatentState, LatentStatistics, Manifest

COLUMNS: Mapping[str, SQLColumnExpression[float | None]] = {
    "purity": ModelLatent.purity,
    "leak": ModelLatent.leak,
    "kl": ModelLatent.kl_nats,
}
COMPARISON = re.compile(r"(purity|leak|kl)(<=|>=|<|>)(\d{0,9}\.?\d{1,17})")
STATES = get_args(LatentState)
FACTORS = text(
    "WITH RECURSIVE found(factor) AS (SELECT min(factor) FROM model_latents UNION ALL SELECT (SELECT min(factor) FROM "
    "model_latents WHERE factor > found.factor) FROM found WHERE found.factor IS NOT NULL) SELECT factor FROM found"
)
"""The factors, each found by one look-up in the index; DISTINCT would read all rows."""


def purity_and_leak(latent: LatentStatistics) -> tuple[float | None, float | None]:
    """Return the largest and the second largest absolute correlation of a latent with a factor; None without them."""
    sizes = sorted((abs(value) for value in latent.correlations.values()), reverse=True)
    return (sizes[0] if sizes else None), (sizes[1] if len(sizes) > 1 else None)


def record(session: Session, model_id: str, manifest: Manifest | None) -> None:
    """Replace the rows of a model by those of its manifest; a broken model has none."""
    session.execute(delete(ModelLatent).where(ModelLatent.model_id == model_id))
    rows = []
    for number, latent in enumerate(manifest.statistics if manifest else ()):
        purity, leak = purity_and_leak(latent)
        rows.append(
            {
                "model_id": model_id,
                "latent": number,
                "dataset": manifest.dataset if manifest else None,
                "factor": latent.best_factor,
                "purity": purity,
                "leak": leak,
                "kl_nats": latent.kl_nats,
                "state": latent.state,
            }
        )
    if rows:
        session.execute(insert(ModelLatent), rows)


@dataclass(frozen=True)
class LatentFilter:
    """Conditions on latents and their models; an absent field sets none.

    Parameters
    ----------
    factor, state, dataset : str or None
        Best factor; active, weak, dead or saturated; data set of the model.
    comparisons : tuple of (column, operator, number)
        Such as ``("leak", "<", 0.1)``.
    words : str
        Words of the model, as in its own list.
    """

    factor: str | None = None
    state: str | None = None
    dataset: str | None = None
    comparisons: tuple[tuple[str, str, float], ...] = ()
    words: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the table of latents."""
        found: list[ColumnElement[bool]] = []
        if self.factor is not None:
            found.append(ModelLatent.factor == self.factor)
        if self.state is not None:
            found.append(ModelLatent.state == self.state)
        if self.dataset is not None:
            found.append(ModelLatent.dataset == self.dataset)
        found += [COLUMNS[name].op(sign, is_comparison=True)(value) for name, sign, value in self.comparisons]
        if self.words:
            of_models = ModelFilter(text=self.words).conditions()
            found.append(ModelLatent.model_id.in_(select(Model.id).where(*of_models)))
        return found

    def described(self) -> JsonObject:
        """Return the conditions that concern the latents themselves, for clients that show how a text was read."""
        given = {"factor": self.factor, "state": self.state}
        return {name: value for name, value in given.items() if value is not None} | {
            f"{name}{sign}": value for name, sign, value in self.comparisons
        }


def comparison(term: str) -> tuple[str, str, float] | None:
    """Return column, operator and number of a term such as ``leak<.1``; None for any other text."""
    match = COMPARISON.fullmatch(term)
    return (match[1], match[2], float(match[3])) if match else None


def with_words(session: Session, chosen: LatentFilter, words: str) -> LatentFilter:
    """Return a filter with the words of a search box: factors, states, comparisons, and words of the model."""
    known = {factor.lower(): factor for factor in session.scalars(FACTORS) if factor is not None}
    rest = []
    for word in words.split():
        if found := comparison(word.lower()):
            chosen = replace(chosen, comparisons=(*chosen.comparisons, found))
        elif chosen.factor is None and word.lower() in known:
            chosen = replace(chosen, factor=known[word.lower()])
        elif chosen.state is None and word.lower() in STATES:
            chosen = replace(chosen, state=word.lower())
        else:
            rest.append(word)
    return replace(chosen, words=" ".join(rest))


def _after(
    column: SQLColumnExpression[float | None], descending: bool, value: float | None, model: str, latent: int
) -> ColumnElement[bool]:
    """Return the condition for rows behind the one with this value, model and latent; missing values come last."""
    behind = or_(ModelLatent.model_id > model, and_(ModelLatent.model_id == model, ModelLatent.latent > latent))
    if value is None:
        return and_(column.is_(None), behind)
    beyond = column < value if descending else column > value
    return or_(beyond, and_(column == value, behind), column.is_(None))


def page(session: Session, chosen: LatentFilter, sort: str, limit: int, cursor: str | None) -> LatentPage:
    """Return one page of latents; missing values come last in either direction, equal ones are ordered by model.

    Raises
    ------
    InvalidInput
        For an unknown ``sort``.
    BadRequest
        For a cursor of other filters.
    """
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name not in COLUMNS:
        allowed = [each for key in COLUMNS for each in (key, f"-{key}")]
        raise InvalidInput(
            f"got sort={sort[:60]!r}; allowed: {', '.join(allowed)}", field="query/sort", allowed=allowed
        )
    column = COLUMNS[name]
    where = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(ModelLatent).where(*where)) or 0
    filters = hashlib.sha256(repr((chosen, sort)).encode()).hexdigest()[:16]
    order = (column.desc() if descending else column.asc()).nulls_last()
    keys = select(ModelLatent).where(*where)
    if cursor is not None:
        value, model, latent = decode_cursor(cursor, filters, object, str, int)
        if not isinstance(value, float | int | None):
            raise invalid_cursor()
        keys = keys.where(_after(column, descending, value, model, latent))
    found = session.scalars(keys.order_by(order, ModelLatent.model_id, ModelLatent.latent).limit(limit + 1)).all()
    of_these = select(Model.id, Model.name).where(Model.id.in_({row.model_id for row in found}))
    names: dict[str, str] = dict(session.execute(of_these).all())
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        key = {"purity": last.purity, "leak": last.leak, "kl": last.kl_nats}[name]
        following = encode_cursor(filters, [key, last.model_id, last.latent])
    items = [
        LatentRow(
            model=row.model_id,
            model_name=names[row.model_id],
            dataset=row.dataset,
            latent=row.latent,
            factor=row.factor,
            purity=row.purity,
            leak=row.leak,
            kl_nats=row.kl_nats,
            state=row.state,
            links={"explore": f"/explore/{row.model_id}?focus=z{row.latent}"},
        )
        for row in found[:limit]
    ]
    return LatentPage(items=items, total=total, filters=chosen.described(), next_cursor=following)

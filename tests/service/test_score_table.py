"""The score table against the same question answered row by row in Python."""

import math
from datetime import timedelta
from itertools import pairwise
from statistics import mean, stdev

import numpy as np
import pytest
from sqlalchemy import select

from backend.db.base import now
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.jobs.queue.submit import insert_jobs
from backend.jobs.records import NewJob
from backend.jobs.tables import jobs
from backend.models.listing import ModelFilter
from backend.schemas.scores import Window
from backend.scores import table as score_table
from models_zoo.errors import InvalidInput

METRICS = {"mig": "1", "dci": "2", "reconstruction": "1"}


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(3)
    table = {}
    for number in range(24):
        found = {"mig": float(rng.random()), "reconstruction": float(10 + 90 * rng.random())}
        if number % 3:
            found["dci"] = float(rng.random())
        table[f"m{number:02}"] = found
    return table


@pytest.fixture(scope="module")
def session(tmp_path_factory, scores):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('scores') / 'a.db'}")
    database.migrate()
    with database, database.write_session() as session:
        for number, model_id in enumerate(scores):
            session.add(
                Model(
                    id=model_id,
                    version="v1",
                    name=f"model {number}",
                    dataset="dsprites" if number % 2 else "shapes3d",
                    objective="beta_vae" if number < 12 else "vae",
                    latents=10,
                    configuration=f"c{number // 4}",
                    search=f"{model_id} beta={number // 4}",
                    manifest={"objective_settings": {"beta": number // 4}, "training": {"seed": number % 4}},
                    folder="",
                    origin="own",
                )
            )
        session.add(Model(id="broken", name="broken", folder="", origin="own", problem="truncated"))
        session.flush()
        session.add_all(result(model, metric, score) for model in scores for metric, score in scores[model].items())
        session.flush()
        yield session


def result(model_id: str, metric: str, score: float | None, **fields) -> MetricResult:
    half = 0.01
    bounds = {} if score is None else {"low": score - half, "high": score + half}
    known = {"model_version": "v1", "metric_version": METRICS.get(metric, "1"), "settings_hash": "s", "n": 5000}
    return MetricResult(model_id=model_id, metric=metric, score=score, **(bounds | known | fields))


def test_sorting_by_a_metric_puts_models_without_it_last_in_both_directions(session, scores):
    with_dci = [model for model in scores if "dci" in scores[model]]
    without = sorted(model for model in scores if "dci" not in scores[model])
    up = [
        row["id"] for row in score_table.rows(session, ModelFilter(), Window(sort="dci", offset=0, limit=100), METRICS)
    ]
    down = [
        row["id"] for row in score_table.rows(session, ModelFilter(), Window(sort="-dci", offset=0, limit=100), METRICS)
    ]
    assert up == sorted(with_dci, key=lambda model: scores[model]["dci"]) + without
    assert down == sorted(with_dci, key=lambda model: -scores[model]["dci"]) + without


def test_windows_of_any_size_put_together_are_the_whole_table(session):
    whole = [
        row["id"] for row in score_table.rows(session, ModelFilter(), Window(sort="-mig", offset=0, limit=100), METRICS)
    ]
    pieces = [
        row["id"]
        for start in range(0, 24, 7)
        for row in score_table.rows(session, ModelFilter(), Window(sort="-mig", offset=start, limit=7), METRICS)
    ]
    assert pieces == whole
    assert score_table.count(session, ModelFilter()) == len(whole) == 24


def test_filters_by_data_set_objective_words_and_ids(session):
    assert score_table.count(session, ModelFilter(dataset="dsprites", objective="vae")) == 6
    assert score_table.count(session, ModelFilter(text="BETA=2 m0")) == 2
    assert score_table.count(session, ModelFilter(models=("m01", "m02", "nobody"))) == 2
    assert score_table.count(session, ModelFilter(text="100%")) == 0


def test_a_broken_model_is_never_in_the_table(session):
    assert "broken" not in score_table.matrix(session, ModelFilter(), METRICS)["ids"]


def test_facets_count_what_the_other_filters_leave(session):
    assert score_table.facets(session, ModelFilter(dataset="dsprites"))["objective"] == [("beta_vae", 6), ("vae", 6)]
    assert score_table.facets(session, ModelFilter(dataset="dsprites"))["dataset"] == [
        ("dsprites", 12),
        ("shapes3d", 12),
    ]


def test_an_unknown_order_is_refused_with_what_is_allowed(session):
    for fold in (False, True):
        with pytest.raises(InvalidInput, match="allowed"):
            score_table.rows(session, ModelFilter(), Window(sort="-speed", fold=fold), METRICS)


def test_states_of_cells(session):
    session.add(result("m00", "sap", 0.5, metric_version="0"))
    session.add(result("m01", "sap", 0.5, model_version="v0"))
    session.add(result("m02", "sap", None, reason="one factor only"))
    session.add(result("m04", "sap", 0.5))
    session.flush()
    new = [NewJob("evaluate", "e", {"model": model, "metrics": ["sap"], "seed": 0}, model) for model in ("m03", "m04")]
    running, failed = insert_jobs(session.connection(), new)
    session.execute(jobs.update().where(jobs.c.id == running).values(state="running"))
    ended = {"state": "failed", "error": "killed", "finished_at": now() + timedelta(seconds=10)}
    session.execute(jobs.update().where(jobs.c.id == failed).values(**ended))
    rows = score_table.rows(session, ModelFilter(), Window(sort="id", offset=0, limit=5), METRICS | {"sap": "1"})
    cells = [row["cells"]["sap"] for row in rows]
    assert [cell["state"] for cell in cells] == ["stale", "stale", "ready", "running", "failed"]
    assert cells[2]["score"] is None
    assert cells[2]["reason"] == "one factor only"
    assert cells[4]["score"] == 0.5
    assert cells[4]["reason"] == "killed"


def test_the_matrix_holds_each_score_at_its_model(session, scores):
    matrix = score_table.matrix(session, ModelFilter(), METRICS)
    for metric in METRICS:
        assert matrix["columns"][metric] == [scores[model].get(metric) for model in matrix["ids"]]


@pytest.mark.parametrize("dataset", ["dsprites", "shapes3d"])
def test_a_winner_is_clear_only_if_its_interval_overlaps_no_other_of_its_data_set(session, scores, dataset):
    winners = score_table.clear_winners(session, ModelFilter(), ["reconstruction"])
    models = set(session.scalars(select(Model.id).where(Model.dataset == dataset)))
    for metric in METRICS:
        sign = -1 if metric == "reconstruction" else 1
        known = {model: sign * found[metric] for model, found in scores.items() if metric in found and model in models}
        best = max(known, key=lambda model: known[model])
        clear = all(known[best] - 0.01 > score + 0.01 for model, score in known.items() if model != best)
        assert winners.get(metric, {}).get(dataset) == (best if clear else None)


def test_folding_gives_mean_and_deviation_over_the_seeds(session, scores):
    rows = score_table.rows(session, ModelFilter(), Window(sort="-mig", fold=True), METRICS)
    groups = [list(scores)[start : start + 4] for start in range(0, 24, 4)]
    means = {group[0]: mean(scores[model]["mig"] for model in group) for group in groups}
    assert [row["id"] for row in rows] == sorted(means, key=lambda first: -means[first])
    assert score_table.count(session, ModelFilter(), fold=True) == 6
    for row in rows:
        group = next(group for group in groups if group[0] == row["id"])
        values = [scores[model]["dci"] for model in group if "dci" in scores[model]]
        cell = row["cells"]["dci"]
        assert row["models"] == 4
        assert cell["models"] == len(values)
        assert math.isclose(cell["score"], mean(values))
        assert math.isclose(cell.get("std", 0.0), stdev(values) if len(values) > 1 else 0.0, abs_tol=1e-9)


def test_the_route_answers_rows_columns_and_facets(client):
    answer = client.get("/api/v1/scores", params={"sort": "-mig", "limit": 2})
    assert answer.status_code == 200, answer.text
    table = answer.json()
    assert table["total"] == 4
    assert len(table["rows"]) == 2
    assert {column["name"] for column in table["metrics"]} >= {"mig", "cbd", "reconstruction"}
    families = [column["family"] for column in table["metrics"]]
    assert table["metrics"][0]["name"] == "mig"
    assert next(column["name"] for column in table["metrics"] if column["family"] != families[0]) == "dci"
    assert sum(one != other for one, other in pairwise(families)) == len(set(families)) - 1
    assert table["rows"][0]["cells"]["mig"]["score"] >= table["rows"][1]["cells"]["mig"]["score"]
    matrix = client.get("/api/v1/scores/matrix").json()
    assert len(matrix["ids"]) == 4
    assert client.get("/api/v1/scores/best").status_code == 200
    assert client.get("/api/v1/scores", params={"fold": "true"}).json()["total"] == 4


def test_a_bad_window_is_a_422_that_names_the_field(client):
    for bad in ({"limit": 0}, {"offset": -1}, {"sort": "-beauty"}, {"speed": "high"}):
        answer = client.get("/api/v1/scores", params=bad)
        assert answer.status_code == 422
        assert next(iter(bad)) in answer.text

"""Metric results in the database: keys, headlines, staleness."""

import json

import pytest
from sqlalchemy import select

from backend.db import metric_results
from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.scores import listing
from models_zoo.errors import NotFound


@pytest.fixture
def session(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'axiscope.db'}")
    database.migrate()
    with database, database.write_session() as session:
        session.add(Model(id="m", name="m", version="v1", folder="", origin="own"))
        session.flush()
        yield session


def result(metric="mig", **more):
    facts = {"metric": metric, "score": 0.5, "interval": [0.4, 0.6], "seed": 0, "mode": "corrected", "version": 1}
    return {**facts, "settings": {"bins": 20}, "details": {"entropy": [1.0]}, **more}


def headlines(session):
    return [row.score for row in session.scalars(select(MetricResult).where(MetricResult.headline))]


def table(session, versions=()):
    return listing.read(session, ["m"], [], versions=dict(versions))[0]


def test_an_equal_key_replaces_and_another_is_kept_beside_it(session):
    metric_results.record(session, "m", "v1", [result()])
    metric_results.record(session, "m", "v1", [result(score=0.7)])
    metric_results.record(session, "m", "v1", [result(score=0.9, seed=1)])
    assert sorted(row.value for row in table(session)) == [0.7, 0.9]
    assert headlines(session) == [0.9]


def test_parity_mode_is_the_headline_only_where_there_is_no_other(session):
    metric_results.record(session, "m", "v1", [result(score=0.1, mode="parity")])
    assert headlines(session) == [0.1]
    metric_results.record(session, "m", "v1", [result(score=0.2)])
    metric_results.record(session, "m", "v1", [result(score=0.3, mode="parity", seed=4)])
    assert headlines(session) == [0.2]


def test_a_value_is_stale_when_weights_or_metric_changed(session):
    metric_results.record(session, "m", "v1", [result()])
    assert [row.stale for row in table(session)] == [False]
    assert [row.stale for row in table(session, {"mig": "2"})] == [True]
    session.get(Model, "m").version = "v2"
    session.flush()
    assert [row.stale for row in table(session, {"mig": "1"})] == [True]


def test_missing_details_are_refused_with_the_command(session):
    with pytest.raises(NotFound, match="axiscope evaluate m --metrics mig"):
        metric_results.details(session, "m", "mig", "entropy")
    metric_results.record(session, "m", "v1", [result(metric="sap", details={}, score=None, reason="needs labels")])
    with pytest.raises(NotFound, match="needs labels"):
        metric_results.details(session, "m", "sap", "matrix")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"results": 3}', '{"results": [{}]}', '{"results": [{"metric": "mig", "seed": "x"}]}']
)
def test_an_evaluation_file_at_fault_is_passed_over(session, tmp_path, text):
    path = tmp_path / "evaluation.json"
    path.write_text(text)
    assert metric_results.register_file(session, "m", "v1", path) == 0


def test_an_evaluation_file_is_registered(session, tmp_path):
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps({"schema_version": 1, "results": [result(), result(metric="cbd")]}))
    assert metric_results.register_file(session, "m", "v1", path) == 2
    assert metric_results.details(session, "m", "mig", "entropy") == {"entropy": [1.0]}


def test_csv_keeps_formulas_of_a_spreadsheet_away(session):
    session.add(Model(id="=cmd", name="x", version="v", folder="", origin="own"))
    session.flush()
    metric_results.record(session, "=cmd", "v", [result(reason="+1", score=None)])
    text = listing.to_csv(session, ["=cmd"], [], None, {})
    assert "'=cmd" in text
    assert "'+1" in text

"""Evaluations that end together all count, on SQLite and PostgreSQL."""

import threading

import pytest
from sqlalchemy import func, select

from backend.db.engine import Database
from backend.db.tables import MetricResult, Model
from backend.models.registry import Registry
from backend.scores.evaluation import EvaluationRequest, evaluate_model
from backend.settings import Settings
from models_zoo.errors import NotFound
from tests.demo_zoo import write_entry
from tests.jobs.conftest import postgres, postgres_url  # noqa: F401 - fixtures
from training.evaluation.networks.loading import load_network

MODELS = ("demo-a", "demo-b", "demo-c")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path):
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    for name in MODELS:
        write_entry(tmp_path / "zoo", name)
    made = Settings(home=tmp_path, database_url=url, bundled_zoo=tmp_path / "none", device="cpu")
    with Database(made.database) as database:
        database.migrate()
    return made


def at_once(works):
    """Run ``works`` in threads that begin together; what each raised or returned."""
    barrier, ended = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            ended.append(work())
        except Exception as error:  # noqa: BLE001 - compared below
            ended.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def rows(settings, query):
    with Database(settings.database) as database, database.read_session() as session:
        return [tuple(row) for row in session.execute(query)]


def test_processes_that_register_the_same_models_together_all_succeed(settings):
    databases = [Database(settings.database) for _ in range(12)]
    ended = at_once([Registry(settings, database).refresh for database in databases])
    for database in databases:
        database.close()
    assert ended == [None] * 12
    assert rows(settings, select(Model.id).order_by(Model.id)) == [(name,) for name in MODELS]


def test_scores_of_evaluations_that_end_together_are_all_there(settings):
    wanted = EvaluationRequest(metrics=("cbd", "modularity"), rows=300)
    works = [lambda name=name: evaluate_model(settings, name, wanted, networks=load_network) for name in MODELS * 2]
    ended = at_once(works)
    assert [each for each in ended if isinstance(each, Exception)] == []
    count = select(MetricResult.model_id, func.count()).where(MetricResult.metric.in_(wanted.metrics))
    headlines = count.where(MetricResult.headline).group_by(MetricResult.model_id).order_by(MetricResult.model_id)
    assert rows(settings, headlines) == [(name, 2) for name in MODELS]


def test_a_model_removed_while_it_was_measured_is_named(settings, tmp_path):
    from backend.db import metric_results

    with (
        Database(settings.database) as database,
        pytest.raises(NotFound, match="'gone', which was removed"),
        database.write_session() as session,
    ):
        metric_results.record(session, "gone", "v1", [{"metric": "mig", "score": 0.5}])

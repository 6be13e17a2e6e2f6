"""The registry and the scores behave the same on SQLite and PostgreSQL."""

import pytest
from fastapi.testclient import TestClient

from backend.app import create_app
from backend.http import auth
from backend.settings import Settings
from tests.jobs.conftest import postgres, postgres_url  # noqa: F401 - fixtures


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request, demo_zoo, tmp_path):
    postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if postgresql else f"sqlite:///{tmp_path / 'axiscope.db'}"
    settings = Settings(home=demo_zoo.parent, bundled_zoo=demo_zoo / "none", database_url=url, device="cpu")
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client, app.state.context


@pytest.mark.parametrize("sort", ["name", "-created_at", "latents", "-dataset", "mig", "-reconstruction", "-cbd"])
def test_pages_hold_every_model_once_in_either_database(served, sort):
    client, _ = served
    found, cursor = [], ""
    for _ in range(6):
        answer = client.get(f"/api/v1/models?limit=1&sort={sort}{cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == len(set(found)) == 5


def test_scores_searches_and_tokens_work_in_either_database(served):
    client, context = served
    assert [each["id"] for each in client.get("/api/v1/models?q=MIXED%20room").json()["items"]] == ["demo-room-mixed"]
    assert client.get("/api/v1/models?q=100%25_").json()["items"] == []
    first = client.get("/metrics?limit=7").json()
    second = client.get(f"/metrics?limit=7&cursor={first['next_cursor']}").json()
    keys = [(row["model"], row["metric"]) for row in first["items"] + second["items"]]
    assert keys == sorted(keys)
    assert client.get("/api/v1/models/demo-disc/figures/mi").status_code == 200
    with context.database.write_session() as session:
        text, _ = auth.create_token(session, "x", "read", 1)
    assert auth.TokenCheck(context.database).scope(text) == "read"
    assert client.get("/readyz").json()["status"] == "ok"

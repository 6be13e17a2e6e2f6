"""Latents of all models: expected lists are worked out by loops over the manifests."""

import json

import pytest
from sqlalchemy import delete, select

from backend.db.engine import Database
from backend.db.tables import Model, ModelLatent
from backend.models.registry import Registry
from tests.service.revisions import downgrade, upgrade


@pytest.fixture(scope="module")
def expected(demo_zoo):
    """Every latent of the zoo: model, latent, factor, purity, leak, state."""
    found = []
    for path in sorted(demo_zoo.glob("*/manifest.json")):
        manifest = json.loads(path.read_text())
        if path.parent.name == "demo-truncated":
            continue
        for number, latent in enumerate(manifest["statistics"]):
            by_size = sorted(latent["correlations"].items(), key=lambda item: -abs(item[1]))
            (factor, purity), (_, leak) = by_size[:2]
            found.append((manifest["id"], number, factor, abs(purity), abs(leak), latent["state"], manifest["dataset"]))
    return found


def listed(client, query):
    answer = client.get(f"/api/v1/latents?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def pairs(page):
    return [(item["model"], item["latent"]) for item in page["items"]]


QUERIES = {
    "": lambda factor, purity, leak, state, dataset: True,
    "factor=posX&leak<.1": lambda factor, purity, leak, state, dataset: factor == "posX" and leak < 0.1,
    "factor=posX&leak_below=0.1": lambda factor, purity, leak, state, dataset: factor == "posX" and leak < 0.1,
    "purity>=.5&state=active": lambda factor, purity, leak, state, dataset: purity >= 0.5 and state == "active",
    "purity_above=0.5&dataset=shapes3d": lambda f, purity, leak, s, dataset: purity > 0.5 and dataset == "shapes3d",
    "q=POSX+leak<=.1+active": lambda factor, purity, leak, state, d: (
        factor == "posX" and leak <= 0.1 and state == "active"
    ),
    "state=dead": lambda factor, purity, leak, state, dataset: state == "dead",
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_exactly_the_latents_that_fit_purest_first(client, expected, query):
    wanted = [row for row in expected if QUERIES[query](*row[2:])]
    assert wanted
    wanted.sort(key=lambda row: (-row[3], row[0], row[1]))
    page = listed(client, f"{query}&limit=500")
    assert pairs(page) == [row[:2] for row in wanted]
    assert page["total"] == len(wanted)
    assert [item["leak"] for item in page["items"]] == pytest.approx([row[4] for row in wanted])


def test_words_are_of_the_model_where_they_are_nothing_else(client, expected):
    page = listed(client, "q=mixed+posx")
    assert page["filters"] == {"factor": "posX"}
    assert set(pairs(page)) == {row[:2] for row in expected if "mixed" in row[0] and row[2] == "posX"}
    assert listed(client, "q=purity>.9+kl>1")["filters"] == {"purity>": 0.9, "kl>": 1.0}


@pytest.mark.parametrize("sort", ["purity", "-purity", "leak", "-leak", "kl", "-kl"])
def test_pages_follow_one_another_without_gap_or_repetition(client, expected, sort):
    whole = pairs(listed(client, f"sort={sort}&limit=500"))
    parts, cursor = [], ""
    while cursor is not None:
        page = listed(client, f"sort={sort}&limit=7" + (f"&cursor={cursor}" if cursor else ""))
        parts += pairs(page)
        cursor = page["next_cursor"]
    assert parts == whole
    assert len(whole) == len(set(whole)) == len(expected)


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("sort=name", 422, "allowed: purity, -purity"),
        ("state=asleep", 422, "'active', 'weak', 'dead' or 'saturated'"),
        ("leak_below=2", 422, "less than or equal to 1"),
        ("cursor=abc", 400, "cursor"),
    ],
)
def test_a_wrong_search_is_refused_with_what_is_allowed(client, query, status, says):
    answer = client.get(f"/api/v1/latents?{query}")
    assert (answer.status_code, says in answer.text) == (status, True), answer.text


def test_a_cursor_of_another_search_is_refused(client):
    cursor = listed(client, "limit=3")["next_cursor"]
    assert client.get(f"/api/v1/latents?limit=3&factor=posX&cursor={cursor}").status_code == 400


def test_a_link_leads_to_the_latent(client):
    first = listed(client, "factor=posX")["items"][0]
    assert first["links"]["explore"] == f"/explore/{first['model']}?focus=z{first['latent']}"


def test_the_migration_fills_the_table_as_the_registry_does(tmp_path, settings):
    with Database(f"sqlite:///{tmp_path / 'axiscope.db'}") as database:
        database.migrate()
        Registry(settings, database).refresh()
        query = select(*ModelLatent.__table__.columns).order_by(ModelLatent.model_id, ModelLatent.latent)
        with database.read() as connection:
            filled = connection.execute(query).all()
        assert len(filled) > 20
        downgrade(database, "0005")
        upgrade(database, "0006")
        with database.read() as connection:
            assert connection.execute(query).all() == filled
        with database.write() as connection:
            connection.execute(delete(Model))
        with database.read() as connection:
            assert connection.execute(query).all() == []

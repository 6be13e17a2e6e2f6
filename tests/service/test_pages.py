"""Every page renders, with what its scripts begin with, and static files are compressed and revalidated."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, update

from backend.app import create_app
from backend.db.tables import MetricResult, Model
from backend.routes import templates
from backend.settings import Settings
from tests.demo_zoo import write_entry

TEMPLATES = Path(__file__).parents[2] / "frontend" / "templates"
PAGES = {
    "/": "gallery",
    "/explore/demo-disc": "explore",
    "/compare": "compare",
    "/scores": "scores",
    "/docs/api": "api",
}
PAGES |= {"/jobs": "jobs", "/sweeps/7": "sweep", "/studies": "studies", "/data": "data", "/data/dsprites": "data"}


def boot(html):
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', html, re.DOTALL)
    return json.loads(found.group(1))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_renders(client, path):
    if not (TEMPLATES / f"{PAGES[path]}.html").is_file():
        pytest.skip("this page is not built yet")
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert set(boot(answer.text)["vendor"]) == {"plotly", "ort", "kernel", "lit"}
    assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text), "an inline script"
    assert not re.search(r"\son[a-z]+=", answer.text), "an inline handler"


@pytest.mark.parametrize("path", [path for path in PAGES if path not in ("/docs/api", "/sweeps/7")])
def test_a_page_says_what_it_waits_for(client, path):
    waiting = re.findall(r'<(?:div|section) [^>]*data-busy="([^"]+)"[^>]*></(?:div|section)>', client.get(path).text)
    assert waiting
    assert all(text.startswith("Reading ") for text in waiting)


def test_explore_begins_with_the_model_and_its_data_set(client):
    begun = boot(client.get("/explore/demo-disc").text)
    assert begun["model"]["id"] == "demo-disc"
    assert begun["model"]["statistics"]
    assert begun["dataset"]["factors"][0]["name"] == "shape"


def test_explore_without_a_model_goes_to_the_one_of_the_highest_mig(client):
    answer = client.get("/explore", follow_redirects=False)
    assert answer.status_code == 307
    scores = client.get("/api/v1/scores", params={"sort": "-mig"}).json()["rows"]
    best = max(row["cells"]["mig"]["score"] for row in scores)
    location = answer.headers["location"]
    assert next(row["cells"]["mig"]["score"] for row in scores if location == f"/explore/{row['id']}") == best


def test_explore_without_scores_goes_to_the_newest_model_that_works(tmp_path):
    for name in ("older", "newer", "oldest"):
        write_entry(tmp_path / "zoo", name)
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.get("/api/v1/models")
        with app.state.context.database.write_session() as session:
            later = update(Model).where(Model.id == "newer").values(created_at=datetime(2100, 1, 1, tzinfo=UTC))
            session.execute(later)
            session.execute(delete(MetricResult))
        answer = client.get("/explore", follow_redirects=False)
    assert answer.headers["location"] == "/explore/newer"


def test_explore_without_any_model_goes_to_the_page_that_says_how_to_get_one(tmp_path):
    app = create_app(Settings(home=tmp_path, bundled_zoo=tmp_path / "none", device="cpu"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/explore", follow_redirects=False).headers["location"] == "/"


def test_the_page_of_a_broken_model_says_why_it_cannot_be_used(client):
    answer = client.get("/explore/demo-truncated")
    assert answer.status_code == 409
    assert "demo-truncated cannot be used" in answer.text
    assert "200 bytes" in answer.text


def test_an_unknown_page_is_a_problem_document(client):
    for path in ("/nothing", "/explore/nobody", "/api/v1/nothing", "/static/nothing.js", "/static/../pyproject.toml"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_where_the_type_of_a_problem_leads_there_is_a_page(client):
    kind = client.get("/api/v1/models/nobody").json()["type"]
    assert client.get(kind).status_code == 200
    assert client.get("/docs/problems/nothing").status_code == 404


def test_static_text_is_compressed_and_revalidated(client):
    plain = client.get("/static/css/base.css", headers={"Accept-Encoding": "identity"})
    packed = client.get("/static/css/base.css", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.text == plain.text
    again = client.get(
        "/static/css/base.css", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    )
    assert again.status_code == 304


def test_a_method_that_is_not_allowed_is_refused(client):
    answer = client.delete("/api/v1/models")
    assert answer.status_code == 405
    assert "DELETE" in answer.json()["detail"]
    answer = client.get("/decode")
    assert answer.status_code == 405
    assert "GET" in answer.json()["detail"]


def test_health_and_figures_for_prometheus(client):
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz").json()
    assert ready["checks"]["database"]["ok"]
    assert "4 models, 1 broken" in ready["checks"]["zoo"]["detail"]
    client.get("/api/v1/models/demo-disc")
    for path in ("/decode", "/api/v1/decode"):
        assert client.post(path, json={"model": "demo-disc", "latents": [[0.0] * 6]}).status_code == 200
    answer = client.get("/-/prometheus")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.text
    for path in ("/decode", "/api/v1/decode"):
        assert f'axiscope_requests_total{{method="POST",route="{path}",status="200"}}' in text
    assert 'axiscope_requests_total{method="GET",route="/api/v1/models/{model_id}",status="200"}' in text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {name: family.type for name, family in families.items()} == {
        "axiscope_requests": "counter",
        "axiscope_request_seconds": "histogram",
        "axiscope_requests_in_flight": "gauge",
        "axiscope_codecs_loaded": "gauge",
        "axiscope_codec_bytes": "gauge",
        "axiscope_datasets_open": "gauge",
        "axiscope_dataset_bytes": "gauge",
        "axiscope_decode_batches": "counter",
        "axiscope_decode_rows": "counter",
    }
    counts = {
        (sample.labels["route"], sample.labels["le"]): sample.value
        for sample in families["axiscope_request_seconds"].samples
        if sample.name == "axiscope_request_seconds_bucket"
    }
    assert counts["/healthz", "+Inf"] >= 1
    assert families["axiscope_requests_in_flight"].samples[0].value == 1
    assert families["axiscope_decode_rows"].samples[0].value >= 2


def test_the_table_of_metrics_as_json_and_csv(client):
    for path in ("/metrics", "/api/v1/metrics"):
        rows = client.get(f"{path}?model=demo-disc&metric=mig,irs").json()["items"]
        assert [(row["metric"], row["state"]) for row in rows] == [("irs", "ready"), ("mig", "ready")]
        assert rows[0]["value"] is None
        assert rows[0]["reason"]
        assert rows[1]["interval"][0] < rows[1]["value"] < rows[1]["interval"][1]
        assert rows[1]["details"] is None
    details = client.get("/metrics?model=demo-disc&metric=mig&details=true").json()["items"][0]["details"]
    assert len(details["mutual_information"]) == 6
    csv = client.get("/metrics", headers={"Accept": "text/csv"})
    lines = csv.text.splitlines()
    assert lines[0].startswith("model,metric,value,low,high")
    assert len(lines) == 1 + 4 * 5


def test_the_table_of_metrics_is_paged(client):
    found, cursor = [], ""
    while True:
        page = client.get(f"/metrics?limit=7{cursor}").json()
        found += [(row["model"], row["metric"]) for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == len(set(found)) == 20
    refused = client.get(f"/metrics?metric=mig{cursor}")
    assert refused.status_code == 400


@pytest.mark.parametrize(("query", "status"), [("model=nobody", 404), ("metric=beauty", 404), ("mode=odd", 422)])
def test_bad_questions_to_the_table_are_refused(client, query, status):
    assert client.get(f"/metrics?{query}").status_code == status


def test_data_sets_and_their_images(client):
    listed = {each["name"]: each for each in client.get("/api/v1/datasets").json()["items"]}
    assert listed["dsprites"]["n_images"] == 737_280
    assert listed["dsprites"]["available"]
    detail = client.get("/api/v1/datasets/dsprites").json()
    assert [factor["size"] for factor in detail["factors"]] == [3, 6, 40, 32, 32]
    index = ((0 * 6 + 3) * 40 + 12) * 1024 + 5 * 32 + 9
    by_factors = client.get("/api/v1/datasets/dsprites/images?factors=0,3,12,5,9")
    by_index = client.get(f"/api/v1/datasets/dsprites/images?index={index}")
    assert by_factors.headers["content-type"] == "image/png"
    assert by_factors.content == by_index.content


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("factors=0,0,0,0,0&index=1", 422),
        ("factors=0,0,0", 422),
        ("factors=9,0,0,0,0", 422),
        ("factors=a", 422),
        ("index=737280", 422),
        ("index=-1", 422),
        ("index=" + "9" * 30, 422),
        ("index=" + ",".join(["1"] * 513), 422),
    ],
)
def test_bad_questions_for_images_are_refused(client, query, status):
    assert client.get(f"/api/v1/datasets/dsprites/images?{query}").status_code == status
    assert client.get("/api/v1/datasets/nothing/images?index=0").status_code == 404


@pytest.mark.parametrize("path", ["/explore/nothing", "/nowhere", "/docs/problems/nothing"])
def test_a_person_who_follows_a_dead_link_reads_a_page_and_a_program_a_problem(client, path):
    page = client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "All models" in page.text
    assert page.headers["vary"].startswith("Accept")
    problem = client.get(path)
    assert problem.headers["content-type"] == "application/problem+json"
    api = client.get(f"/api/v1{path}", headers={"Accept": "text/html"})
    assert api.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("built", [True, False])
def test_the_documentation_is_served_where_it_was_built(settings, tmp_path, monkeypatch, built):
    monkeypatch.setattr(templates, "DOCUMENTATION", tmp_path / "docs")
    if built:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "index.html").write_text("<h1>Axiscope</h1>")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        assert [client.get(path).status_code for path in ("/docs/", "/docs/none.html")] == [200 if built else 404, 404]
        assert client.get("/docs/api").status_code == 200

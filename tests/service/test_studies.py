"""Published experiments over HTTP: definitions without results."""


def test_every_study_is_listed_with_what_was_published(client):
    items = client.get("/api/v1/studies").json()["items"]
    assert {"xu-li-3dshapes", "de-nardin-beta-gamma"} <= {item["name"] for item in items}
    for item in items:
        assert item["runs"] > 0
        assert item["question"]
        assert item["measured"] == []
    detail = client.get("/api/v1/studies/xu-li-3dshapes").json()
    assert detail["scale"] is None
    assert any(row["published"] for row in detail["rows"])
    assert sum(row["runs"] for row in detail["rows"]) == detail["runs"]


def test_an_unknown_study_is_a_404_that_lists_them(client):
    answer = client.get("/api/v1/studies/nobody")
    assert answer.status_code == 404
    assert "xu-li-3dshapes" in answer.text


def test_a_scale_without_results_is_refused(client):
    answer = client.get("/api/v1/studies/xu-li-3dshapes?scale=0.5")
    assert answer.status_code == 422
    assert "none yet" in answer.text

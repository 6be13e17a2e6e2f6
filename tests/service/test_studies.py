"""Published experiments over HTTP: definitions, and results read from the folders that `axiscope study` writes."""

import pytest

from backend.catalog import studies
from models_zoo.errors import InvalidInput, NotFound
from training.studies.result_files import write_results
from training.studies.study import read_study


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


def test_measured_runs_stand_beside_the_published_ones(tmp_path):
    study = read_study("xu-li-3dshapes")
    first, second = study.runs[:2]
    done = {"scores": {"mig": {"score": 0.4, "reason": None}}, "last": {"reconstruction": 30.0}}
    folder = tmp_path / "studies" / f"{study.name}-scale-0.05"
    write_results(folder, {"scale": 0.05, "runs": {first.name: done, second.name: {"problem": "no data"}}})
    detail = studies.detail(tmp_path, study.name, None)
    assert detail.scale == 0.05
    assert (detail.measured[0].done, detail.measured[0].failed) == (1, 1)
    row = next(row for row in detail.rows if row.group == first.group)
    assert row.measured == {"mig": [0.4], "reconstruction": [30.0]}
    assert [problem for row in detail.rows for problem in row.problems] == ["no data"]


def test_a_scale_without_results_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="none yet"):
        studies.detail(tmp_path, "xu-li-3dshapes", 0.5)
    with pytest.raises(NotFound):
        studies.detail(tmp_path, "nobody", None)


def test_a_damaged_results_file_is_passed_over(tmp_path):
    folder = tmp_path / "studies" / "xu-li-3dshapes-scale-0.1"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{")
    assert studies.detail(tmp_path, "xu-li-3dshapes", None).scale is None

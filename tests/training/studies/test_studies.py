import pytest

from models_zoo.errors import Conflict, InvalidInput, NotFound
from training.runs.run_config import resolve
from training.studies.report import mean_and_std, write_report
from training.studies.runner import run_study
from training.studies.study import names, read_results, read_study, scaled

RUNS = {
    "de-nardin-beta-gamma": 2 * 14,
    "hartmann-constrained-vaes": 10_800,
    "latent-dimensionality": 5 * 3 * 2,
    "learnable-vaes": (5 * 10 + 3) * 6,
    "xu-li-3dshapes": 4,
}


def test_the_published_studies_have_the_published_number_of_runs():
    assert {name: len(read_study(name).runs) for name in names()} == RUNS


@pytest.mark.parametrize("name", sorted(RUNS))
def test_every_configuration_of_a_study_is_valid_and_named_once(name):
    study = read_study(name)
    assert len({run.name for run in study.runs}) == len(study.runs)
    for run in study.runs[:: max(1, len(study.runs) // 40)]:
        resolve(run.config)


def test_scale_shrinks_steps_and_what_counts_steps():
    (run,) = [
        run
        for run in read_study("hartmann-constrained-vaes").runs
        if run.name == "annealedvae-dataset-dsprites-seed-0-c-max-5"
    ]
    config = scaled(run, 0.05)
    assert config.steps == 15_000
    assert config.objective_settings["iteration_threshold"] == 5_000
    for wrong in (0, -1, 2):
        with pytest.raises(InvalidInput, match="scale"):
            scaled(run, wrong)


def test_an_unknown_study_is_refused_with_the_names():
    with pytest.raises(NotFound, match="xu-li-3dshapes"):
        read_study("xu-li")


def test_several_seeds_are_folded_into_mean_and_spread():
    assert mean_and_std([0.5]) == "0.5"
    assert mean_and_std([1.0, 2.0, 3.0]) == "2 ± 1 (3)"


@pytest.mark.slow
def test_a_study_runs_reports_its_scale_and_is_not_done_twice(tmp_path, monkeypatch):
    study = read_study("learnable-vaes")
    monkeypatch.setattr("training.evaluation.zoo_model.ROWS", 500)
    results, _ = run_study(study, tmp_path, scale=0.00004, only="l-vae-*")
    done = results["runs"]["l-vae-dataset-dsprites-seed-0"]
    assert done["steps"] == 12
    assert 0 <= done["scores"]["cbd"]["score"] <= 1
    assert "s0" in str(done["learned"]) or done["learned"]
    missing = results["runs"]["l-vae-dataset-isaac3d-seed-0"] if "isaac3d" in str(results) else None
    assert missing is None or "problem" in missing
    again, _ = run_study(study, tmp_path, scale=0.00004, only="l-vae-dataset-dsprites*")
    assert again["runs"]["l-vae-dataset-dsprites-seed-0"] == done
    with pytest.raises(Conflict, match="scale 4e-05"):
        run_study(study, tmp_path, scale=1, only="*")
    page = write_report(study, tmp_path).read_text()
    assert "scale 4e-05 of the published steps" in page
    assert "11.86" in page
    assert read_results(tmp_path)["scale"] == 0.00004


def test_steps_between_evaluations_and_raises_of_a_set_point_shrink_with_the_run():
    runs = {run.group: run for run in read_study("learnable-vaes").runs}
    config = scaled(runs["ControlVAE"], 0.01)
    assert config.steps == 3000
    assert config.evaluate_every == 500
    assert config.evaluate_metrics[0] == "cbd"
    assert config.objective_settings["v_every"] == 10

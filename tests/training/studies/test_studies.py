import json

import pytest

from models_zoo.errors import InvalidInput, NotFound
from training.registry import DESCRIPTIONS
from training.runs.run_config import resolve
from training.studies.scale import shortened
from training.studies.study import names, read_study, run_count

RUNS = {
    "de-nardin-beta-gamma": 2 * 14,
    "hartmann-constrained-vaes": 10_800,
    "latent-dimensionality": 5 * 3 * 2,
    "learnable-vaes": (5 * 10 + 3) * 6,
    "xu-li-3dshapes": 4,
}
DESCRIBED = json.loads(DESCRIPTIONS.read_bytes())


def full(run):
    return resolve(run.config).model_dump(mode="json")


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
    short = shortened(full(run), 0.05)
    assert short["steps"] == 15_000
    assert short["objective_settings"]["iteration_threshold"] == 5_000
    for wrong in (0, -1, 2, float("nan")):
        with pytest.raises(InvalidInput, match="scale"):
            shortened(full(run), wrong)


def test_steps_between_evaluations_and_raises_of_a_set_point_shrink_with_the_run():
    runs = {run.group: run for run in read_study("learnable-vaes").runs}
    short = shortened(full(runs["ControlVAE"]), 0.01)
    assert (short["steps"], short["evaluate_every"]) == (3000, 500)
    assert resolve(short).objective_settings["v_every"] == 10


def test_a_shortened_run_keeps_a_thousand_images_in_each_evaluation_and_ten_steps():
    run = full(read_study("latent-dimensionality").runs[0])
    assert [shortened(run, scale)["evaluate_images"] for scale in (1, 0.5, 0.01)] == [5_000, 2_500, 1_000]
    assert shortened({**run, "evaluate_images": 600}, 0.01)["evaluate_images"] == 600
    tiny = shortened(run, 1e-6)
    assert (tiny["steps"], tiny["evaluate_every"], tiny["log_every"]) == (10, 1, 1)


def test_epochs_are_passes_over_the_training_images_of_a_run():
    for run in read_study("xu-li-3dshapes").runs:
        assert run.config["steps"] == round(15 * 45_000 / 64)
        assert "epochs" not in run.config
    for run in read_study("latent-dimensionality").runs:
        assert run.config["steps"] == 50 * 737_280 * 0.7 / 64


def test_a_run_takes_beta_hat_from_the_run_of_the_same_position():
    study = read_study("learnable-vaes")
    by_name = {run.name: run for run in study.runs}
    takers = [run for run in study.runs if run.depends_on]
    assert len(takers) == 5 * 6
    for run in takers:
        source = by_name[run.depends_on]
        assert (source.group, source.varied) == ("L-VAE", run.varied)
        assert run.learned == {"beta": "beta_hat"}


def test_the_number_of_seeds_can_be_chosen():
    seeds = [run.varied["seed"] for run in read_study("latent-dimensionality", 4).runs[:4]]
    assert seeds == [0, 1000, 2000, 3000]
    assert len(read_study("hartmann-constrained-vaes", 1).runs) == 10_800 / 50
    with pytest.raises(InvalidInput, match="seeds: got 0"):
        read_study("latent-dimensionality", 0)


def test_an_unknown_study_is_refused_with_the_names():
    with pytest.raises(NotFound, match="xu-li-3dshapes"):
        read_study("xu-li")


@pytest.mark.parametrize("name", sorted(RUNS))
@pytest.mark.parametrize("seeds", [None, 1, 3])
def test_runs_are_counted_without_making_them(name, seeds):
    assert run_count(name, seeds) == len(read_study(name, seeds).runs)

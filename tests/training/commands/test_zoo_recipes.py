"""Every recipe of the bundled models can be trained, exported and evaluated."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models_zoo import catalog, statistics
from models_zoo.catalog import list_zoo_models, recipes
from models_zoo.json_types import JsonObject
from tests.training.official_files import idx_file
from training.cli import app
from training.evaluation.zoo_model import evaluate_zoo_model
from training.runs import pipeline, run_state
from training.runs.run_config import read_run, resolve, with_steps
from training.runs.run_toml import read_recipe, read_toml

RECIPES = {path.stem: path for path in recipes()}
KINDS = {
    *("vae", "ae", "beta_vae", "annealed_vae", "factor_vae", "beta_tcvae", "dip_vae_ii", "control_vae", "l_vae"),
    "mdl_vae_strong",
}


def model_of(name: str) -> JsonObject:
    return read_toml(RECIPES[name])["model"]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_valid_and_names_the_seeds_and_the_rule_of_choice(name):
    run = resolve(read_recipe(RECIPES[name]))
    assert run.seed in model_of(name)["seeds"]
    assert model_of(name)["rule"]
    assert model_of(name).get("after", name) in RECIPES


def test_there_is_a_recipe_of_each_published_kind():
    assert {resolve(read_recipe(path)).objective for path in RECIPES.values()} >= KINDS
    assert len(RECIPES) >= 14


def test_two_recipes_differ_in_their_seed_alone():
    first, second = (resolve(read_recipe(RECIPES[f"dsprites-beta-tcvae{seed}"])) for seed in ("", "-seed1"))
    assert first.model_copy(update={"seed": 1}) == second


def test_a_shorter_run_has_all_lengths_in_proportion():
    run = resolve(read_recipe(RECIPES["shapes3d-control-vae"])).model_copy(update={"evaluate_every": 4000})
    assert (run.steps, run.objective_settings["v_every"]) == (15_000, 79)
    short = with_steps(run, 1500)
    assert (short.steps, short.warmup_steps, short.evaluate_every, short.log_every) == (1500, 50, 400, 30)
    assert short.objective_settings["v_every"] == 8
    assert with_steps(run, run.steps) == run


EARLIER = {model_of(name).get("after") for name in RECIPES}
"""Recipes that others begin with: trained with those."""
IMAGES = 100
"""Images encoded for the statistics and for the scores, of runs too: the codes are measured elsewhere."""
LAST = [name for name in RECIPES if name not in EARLIER]
LONG = {"dsprites-vae": 200}
SELF_EVALUATING = "shapes3d-factor-vae-to-beta20"
FEW = 2


def write_mnist(folder: Path) -> None:
    """Write files of MNIST with a few digits of noise."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, n in (("train", 320), ("t10k", 80)):
        idx_file(folder / f"{part}-images-idx3-ubyte", rng.integers(0, 256, (n, 28, 28), np.uint8))
        idx_file(folder / f"{part}-labels-idx1-ubyte", (np.arange(n) % 10).astype(np.uint8))


def with_small_batches(folder: Path) -> Path:
    """Write all recipes with 8 images a step, and few to evaluate during the run, to ``folder``."""
    folder.mkdir()
    for path in RECIPES.values():
        text, changed = re.subn(r"^batch_size = \d+$", "batch_size = 8", path.read_text(), flags=re.MULTILINE)
        assert changed == 1
        text = re.sub(r"^(evaluate_every = \d+)$", rf"\1\nevaluate_images = {IMAGES}", text, flags=re.MULTILINE)
        (folder / path.name).write_text(text)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", LAST)
def test_zoo_train_makes_a_model_of_the_recipe(name, tmp_path, monkeypatch):
    """Train each recipe by the command, with 8 images a step.

    200 steps of 64 images take 14 CPU s and more a recipe, which for all of them would be five minutes: one is
    trained for 200 steps, and its loss must halve; the others, which share its architecture and loop, take 2.
    The one whose first run evaluates itself does so at each of them.
    """
    steps = LONG.get(name, FEW)
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    write_mnist(tmp_path / "data" / "mnist")
    monkeypatch.setattr(catalog, "RECIPES", with_small_batches(tmp_path / "recipes"))
    monkeypatch.setattr(statistics, "SAMPLE_IMAGES", IMAGES)
    monkeypatch.setattr(run_state, "BIAS_IMAGES", IMAGES)
    monkeypatch.setattr(pipeline, "evaluate_zoo_model", partial(evaluate_zoo_model, rows=IMAGES))
    zoo, runs = tmp_path / "zoo", tmp_path / "runs"
    command = ["zoo", "train", name, "--steps", str(steps), "--evaluate", "mig", "--out", str(runs), "--zoo", str(zoo)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    models = list_zoo_models(zoo)
    assert name in {model.id for model in models}
    for model in models:
        assert model.problem is None
        assert (model.manifest.name, model.manifest.training["steps_done"]) == (model_of(model.id)["name"], steps)
        assert {"film.npz", "run.toml"} <= set(model.manifest.files)
        assert read_run(runs / model.id).steps == steps
    if name in LONG:
        losses = json.loads((zoo / name / "history.json").read_text())["parts"]["total"]
        assert losses[-1] < losses[0] / 2
    if name == SELF_EVALUATING:
        exported = []
        monkeypatch.setattr(
            pipeline, "export_and_evaluate", lambda *_, model_id, **__: (zoo / model_id, exported.append(model_id))
        )
        assert CliRunner().invoke(app, command).exit_code == 0
        assert exported == [name], "the finished model that it starts from is exported again"

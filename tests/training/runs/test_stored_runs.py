"""Runs and models that earlier versions wrote stay readable."""

import json
from pathlib import Path

import pytest

from models_zoo.manifest import read_manifest
from training.runs.run_config import RUN_FILE, RunConfig, read_run, resolve

BUNDLED = Path(__file__).parents[3] / "models_zoo" / "bundled"
ENTRIES = sorted(path.parent for path in BUNDLED.glob("*/run.toml"))
EARLIER_DYNAMIC = {
    "dataset": "dsprites",
    "objective": "dynamic_vae",
    "objective_settings": {
        "v_kl": 18.0,
        "v_start": 0.5,
        "v_step": 0.15,
        "v_every": 5000,
        "beta_min": 0.0,
        "beta_max": 1000.0,
        "kp": 0.01,
        "ki": 0.005,
        "beta_start": 150.0,
        "window": 5,
    },
    "likelihood": "bernoulli",
    "steps": 1000,
}


@pytest.mark.parametrize("folder", ENTRIES, ids=lambda path: path.name)
def test_the_settings_of_a_bundled_model_are_those_of_a_run_today(folder: Path):
    manifest = read_manifest(folder)
    known = {name: value for name, value in manifest.training.items() if name in RunConfig.model_fields}
    names = ("dataset", "dataset_settings", "objective", "objective_settings", "architecture", "latents")
    run = resolve({**known, **{name: getattr(manifest, name) for name in names}})
    assert run.likelihood == manifest.likelihood
    assert run.objective_settings == manifest.objective_settings


def test_a_run_of_an_earlier_version_is_read_and_keeps_what_it_said(tmp_path: Path):
    (tmp_path / RUN_FILE).write_text(json.dumps(EARLIER_DYNAMIC))
    run = resolve(read_run(tmp_path).model_dump(mode="json"))
    assert run.likelihood == "bernoulli"
    assert run.objective_settings == {**EARLIER_DYNAMIC["objective_settings"], "v_ramp": None}

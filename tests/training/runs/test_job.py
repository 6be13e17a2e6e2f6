"""Training and export as jobs: the model carries the settings that repeat it."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from models_zoo.catalog import read_zoo_model
from training.runs import checkpoint
from training.runs.job import RESTORED, export, train
from training.runs.run_config import resolve


class Recorder:
    """Job context that stores each checkpoint in a folder and never stops the work."""

    def __init__(self, store: Path) -> None:
        self.store = store

    def progress(self, record): ...
    def at(self, step): ...
    def picture(self, step, png): ...
    def check(self): ...
    def stop(self): ...
    def confirm(self): ...

    def should_stop(self) -> bool:
        return False

    def checkpoint(self, step, files) -> None:
        folder = self.store / str(step)
        folder.mkdir(parents=True)
        for name, source in files.items():
            (folder / name).write_bytes(source.read_bytes())


@pytest.mark.slow
def test_models_of_jobs_carry_the_settings_that_lead_to_their_step(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    np.savez(data / "noise.npz", images=np.random.default_rng(0).integers(0, 256, (40, 64, 64), np.uint8))
    run = resolve(
        {
            "dataset": "own",
            "dataset_settings": {"path": str(data / "noise.npz")},
            "objective": "vae",
            "latents": 3,
            "batch_size": 8,
            "steps": 6,
            "checkpoint_every": 4,
            "held_out": 0.25,
        }
    ).model_dump(mode="json")
    recorder = Recorder(tmp_path / "store")
    spec = {**run, "model": "job-1", "evaluate": True}
    (tmp_path / "work").mkdir()
    train(spec, tmp_path / "work", recorder, tmp_path / "zoo", data)
    restored = tmp_path / "export" / RESTORED
    restored.parent.mkdir()
    (tmp_path / "store" / "4").rename(restored)
    request = {"job": 1, "model": "job-1-step4", "run": spec}
    export(request, restored.parent, recorder, tmp_path / "zoo", data)
    assert checkpoint.steps_in(restored.parent) == [4]
    for model, stop_at in (("job-1", None), ("job-1-step4", 4)):
        entry = read_zoo_model(tmp_path / "zoo" / model)
        assert entry.problem is None
        assert entry.manifest.provenance.command == "axiscope train --config run.toml"
        stored = tomllib.loads((entry.folder / "run.toml").read_text())["run"]
        assert stored.get("stop_at") == stop_at
        assert stored["dataset_settings"]["path"] == "noise.npz"
        assert stored["held_out"] == 0.25

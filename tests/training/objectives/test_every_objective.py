"""What every objective and architecture of the registry has to do; a new file is covered without a word here."""

import itertools
import json

import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput
from tests.training.few_images import few_sprites
from training.config import build
from training.registry import ARCHITECTURES, OBJECTIVES
from training.runs import checkpoint, history
from training.runs.run_config import read_run, resolve
from training.runs.trainer import Trainer

SMALL = "conv64"
SETTINGS = {"factor_vae": {"layers": 2, "units": 64}}
OTHERS = [name for name in ARCHITECTURES.names() if name != SMALL]
PAIRS = [
    *((objective, SMALL) for objective in OBJECTIVES.names()),
    *itertools.product(("vae", "factor_vae"), OTHERS),
]
"""Every objective, and every architecture without and with an adversary: objectives see no more of a network."""


def make_trainer(out, objective, architecture=SMALL, **values):
    defaults = {"dataset": "dsprites", "latents": 3, "batch_size": 8, "learning_rate": 1e-3}
    defaults |= {"log_every": 4, "checkpoint_every": 5, "objective_settings": SETTINGS.get(objective, {})}
    config = resolve({**defaults, "objective": objective, "architecture": architecture, **values})
    return Trainer(config, out, few_sprites())


@pytest.mark.parametrize(("objective", "architecture"), PAIRS)
def test_a_few_steps_lower_the_loss(tmp_path, objective, architecture):
    steps, batch, mean_of = (16, 8, 3) if architecture == SMALL else (6, 4, 2)
    trainer = make_trainer(tmp_path, objective, architecture, steps=steps, batch_size=batch)
    totals = [trainer.train_step().total.item() for _ in range(steps)]
    assert np.mean(totals[-mean_of:]) < np.mean(totals[:mean_of])


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_every_part_and_every_learned_weight_is_logged_as_a_finite_number(tmp_path, objective):
    trainer = make_trainer(tmp_path, objective, steps=4)
    trainer.train()
    (row,) = history.read(tmp_path)
    stochastic = trainer.objective.stochastic
    assert {"total", "reconstruction", *(["kl"] if stochastic else [])} <= row["parts"].keys()
    assert all(np.isfinite(value) for value in row["parts"].values())
    assert len(row["kl"]) == (3 if stochastic else 0)
    for value in row["learned"].values():
        assert np.isfinite(value).all()
        assert np.shape(value) in {(), (3,)}
    assert row["gradients"]["encoder"] > 0 < row["gradients"]["decoder"]
    json.dumps(row, allow_nan=False)


@pytest.mark.parametrize(
    ("objective", "architecture"),
    [
        *((name, SMALL) for name in OBJECTIVES.names()),
        *(pytest.param("vae", name, marks=pytest.mark.slow) for name in OTHERS),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path, objective, architecture):
    values = {"steps": 3, "log_every": 3, "batch_size": 4}  # the row of step 3 has losses before and after the stop
    whole = make_trainer(tmp_path / "whole", objective, architecture, **values)
    whole.train()
    first = make_trainer(tmp_path / "parts", objective, architecture, **values)

    class StopAtTwo:
        def on_row(self, row): ...
        def on_checkpoint(self, step, path): ...
        def should_stop(self):
            return first.step >= 2

    assert first.train((StopAtTwo(),)) is False
    second = make_trainer(tmp_path / "parts", objective, architecture, **values)
    second.restore(checkpoint.latest(tmp_path / "parts"))
    assert second.step == 2
    assert second.train() is True
    expected, actual = whole.snapshot().tensors, second.snapshot().tensors
    assert expected.keys() == actual.keys()
    assert [name for name in expected if not torch.equal(expected[name], actual[name])] == []
    assert history.read(tmp_path / "whole") == history.read(tmp_path / "parts")


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_settings_survive_the_run_file(tmp_path, objective):
    trainer = make_trainer(tmp_path, objective, steps=1)
    trainer.begin(())
    assert read_run(tmp_path) == trainer.config
    assert resolve(read_run(tmp_path).model_dump(mode="json")) == trainer.config


@pytest.mark.parametrize("registry", [OBJECTIVES, ARCHITECTURES], ids=lambda registry: registry.kind)
def test_every_plugin_describes_itself(registry):
    for name in registry.names():
        plugin = registry.load(name)
        assert plugin.TITLE, name
        assert plugin.SOURCE, name
        for setting, schema in plugin.Config.model_json_schema().get("properties", {}).items():
            assert schema.get("description"), f"{name}.{setting}"
            assert "source" in schema, f"{name}.{setting}"


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_settings_out_of_bounds_are_refused_by_name(objective):
    config_class = OBJECTIVES.load(objective).Config
    for name, schema in config_class.model_json_schema().get("properties", {}).items():
        if "minimum" in schema or "exclusiveMinimum" in schema:
            below = schema.get("minimum", schema.get("exclusiveMinimum")) - 1
            with pytest.raises(InvalidInput, match=f"{name}: got {below}"):
                build(config_class, {name: below})

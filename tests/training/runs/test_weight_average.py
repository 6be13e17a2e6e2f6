"""The moving average of the weights: its formula, and where it takes the place of the trained weights."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from models_zoo.codec import Codec
from models_zoo.errors import Conflict
from tests.training.runs.test_trainer import make_trainer, same
from training.runs import checkpoint, history
from training.runs.export import export_run
from training.runs.starting_weights import digest, read_weights
from training.runs.validation import Validation
from training.runs.weight_average import average_of, update

AVERAGED = {"objective": "vae", "steps": 6, "ema_decay": 0.9, "architecture": "conv64_bn", "film_frames": 0}


@pytest.mark.parametrize(("step", "decay"), [(1, 2 / 11), (5, 6 / 15), (500, 0.9)])
def test_one_step_is_that_of_pytorch_with_the_decay_of_tensorflow(step, decay):
    torch.manual_seed(step)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3))
    average = average_of(model)
    nn.init.normal_(model[0].weight)
    model(torch.randn(4, 1, 5, 5))
    expected = [tensor.clone() for tensor in average.state_dict().values() if tensor.is_floating_point()]
    new = [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]
    get_ema_multi_avg_fn(decay)(expected, new, None)
    update(average, model, 0.9, step)
    torch.testing.assert_close([t for t in average.state_dict().values() if t.is_floating_point()], expected)
    assert average[1].num_batches_tracked == 1


def test_a_resumed_run_has_the_average_of_an_uninterrupted_one(tmp_path):
    schedule = {"learning_rate_schedule": "cosine", "final_learning_rate": 1e-5, "warmup_steps": 2}
    whole = make_trainer(tmp_path / "whole", **AVERAGED, **schedule)
    whole.train()
    first = make_trainer(tmp_path / "parts", **AVERAGED, **schedule, stop_at=4)
    first.train()
    second = make_trainer(tmp_path / "parts", **AVERAGED, **schedule)
    second.restore(checkpoint.latest(tmp_path / "parts"))
    second.train()
    assert same(whole.snapshot().tensors, second.snapshot().tensors)


def test_an_average_changes_no_trained_weight(tmp_path):
    plain = make_trainer(tmp_path / "plain", **AVERAGED | {"ema_decay": None})
    plain.train()
    averaged = make_trainer(tmp_path / "averaged", **AVERAGED)
    averaged.train()
    assert same(plain.model.state_dict(), averaged.model.state_dict())


def test_the_average_is_exported_evaluated_and_started_from(tmp_path):
    trainer = make_trainer(tmp_path / "run", **AVERAGED, evaluate_every=6, held_out=0.5, evaluate_images=64)
    trainer.train(callbacks=[Validation(trainer)])
    model = export_run(tmp_path / "run", tmp_path / "zoo", tmp_path)
    images = trainer.dataset.images(np.arange(5))
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        average, trained = trainer.average.encode(tensor), trainer.model.eval().encode(tensor)
    mean, _ = Codec(model).encode(images)
    np.testing.assert_allclose(mean, average.mean.numpy(), atol=1e-5)
    assert np.abs(mean - trained.mean.numpy()).max() > 1e-4

    (row,) = history.read(tmp_path / "run", history.EVALUATIONS)
    trainer.model = copy.deepcopy(trainer.average)
    trainer.average = None
    assert Validation(trainer).measure() == row

    start = read_weights(tmp_path / "run")
    other = make_trainer(tmp_path / "other", **AVERAGED)
    other.load_weights_from(start)
    for module in (other.model, other.average):
        assert digest({f"model/{name}": value for name, value in module.state_dict().items()}) == digest(start)


def test_a_checkpoint_without_an_average_is_not_resumed_with_one(tmp_path):
    saved = make_trainer(tmp_path, **AVERAGED | {"ema_decay": None}).snapshot()
    del saved.state["config"]["ema_decay"]
    make_trainer(tmp_path, **AVERAGED | {"ema_decay": None}).restore(saved)
    with pytest.raises(Conflict, match=r"ema_decay: checkpoint None, now 0\.9"):
        make_trainer(tmp_path, **AVERAGED).restore(saved)

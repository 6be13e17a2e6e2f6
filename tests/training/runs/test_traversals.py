import numpy as np
import pytest
import torch

from tests.training.few_images import few_sprites
from training.runs import checkpoint
from training.runs.run_config import resolve
from training.runs.trainer import Trainer
from training.runs.traversals import TraversalRecorder, frames_that_fit, snapshot_steps


def make_trainer(out, **values):
    small = {"dataset": "dsprites", "objective": "vae", "latents": 3, "batch_size": 4, "checkpoint_every": 100}
    config = resolve({**small, "steps": 8, **values})
    return Trainer(config, out, few_sprites())


def read(folder):
    with np.load(folder / "film.npz") as film:
        return dict(film)


def test_frames_are_at_powers_between_the_first_step_and_the_last():
    steps = snapshot_steps(10_000, 6)
    assert steps == (0, 1, 10, 100, 1000, 10_000)
    assert snapshot_steps(10_000, 0) == ()
    assert snapshot_steps(3, 50) == (0, 1, 2, 3)


def test_the_film_is_cut_to_what_fits():
    assert frames_that_fit(12, 10, (64, 64, 1)) == 12
    assert frames_that_fit(12, 10, (128, 128, 3)) == 9
    assert frames_that_fit(200, 10, (64, 64, 3)) * 10 * 7 * 64 * 64 * 3 <= 32 * 2**20
    assert frames_that_fit(12, 1000, (128, 128, 3)) >= 2


def test_a_frame_holds_the_traversals_of_that_step(tmp_path):
    trainer = make_trainer(tmp_path, film_frames=4)
    trainer.train(callbacks=(TraversalRecorder(trainer),))
    film = read(tmp_path)
    assert film["step"].tolist() == list(snapshot_steps(8, 4))
    assert film["images"].shape == (len(film["step"]), 3, 7, 64, 64, 1)
    assert film["images"].dtype == np.uint8
    point = film["base"][-1].copy()
    point[1] = film["values"][6]
    trainer.model.eval()
    with torch.no_grad():
        picture = torch.sigmoid(trainer.model.decode(torch.from_numpy(point[None])))[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(film["images"][-1, 1, 6] / 255, picture, atol=0.011)
    assert len(np.unique(film["images"])) <= 64


def test_the_film_moves_no_weight(tmp_path):
    plain = make_trainer(tmp_path / "a")
    plain.train()
    filmed = make_trainer(tmp_path / "b")
    filmed.train(callbacks=(TraversalRecorder(filmed),))
    for name, tensor in plain.snapshot().tensors.items():
        assert torch.equal(tensor, filmed.snapshot().tensors[name]), name


def test_a_resumed_film_equals_an_uninterrupted_one(tmp_path):
    whole = make_trainer(tmp_path / "whole")
    whole.train(callbacks=(TraversalRecorder(whole),))
    first = make_trainer(tmp_path / "parts", checkpoint_every=4)

    class KilledAtFive(Exception): ...

    class Kill:
        def start(self):
            return False

        def after_step(self):
            if first.step == 5:
                raise KilledAtFive
            return False

    with pytest.raises(KilledAtFive):
        first.train(callbacks=(TraversalRecorder(first), Kill()))
    second = make_trainer(tmp_path / "parts")
    second.restore(checkpoint.latest(tmp_path / "parts"))
    assert second.step == 4
    second.train(callbacks=(TraversalRecorder(second),))
    expected, actual = read(tmp_path / "whole"), read(tmp_path / "parts")
    assert all(np.array_equal(expected[name], actual[name]) for name in expected)

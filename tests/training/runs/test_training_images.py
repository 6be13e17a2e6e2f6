"""A run reads no image of a held-out combination: in its steps, its adversary, its mean image, its validation."""

from dataclasses import replace

import numpy as np

from training.data.local import open_dataset
from training.runs.pipeline import callbacks_of
from training.runs.run_config import resolve
from training.runs.trainer import Trainer

RULES = {"correlations": ["posX~posY:0.1"], "held_out_combinations": ["shape=1-2", "scale=0-4"]}


def test_training_and_validation_read_no_image_of_a_held_out_combination(tmp_path):
    config = resolve(
        {
            "dataset": "dsprites",
            "dataset_settings": RULES,
            "objective": "factor_vae",
            "architecture": "mlp1200",
            "latents": 3,
            "steps": 3,
            "batch_size": 64,
            "bias_from_data": True,
            "held_out": 0.2,
            "evaluate_every": 3,
            "evaluate_images": 64,
            "film_frames": 0,
        }
    )
    assert config.dataset_settings == RULES
    dataset = open_dataset("dsprites", config.dataset_settings, tmp_path)
    read = []
    watched = replace(dataset, read=lambda indices: (read.append(indices), dataset.read(indices))[1])
    trainer = Trainer(config, tmp_path / "run", watched)
    assert trainer.train(callbacks=callbacks_of(trainer))
    labels = dataset.labels(np.concatenate(read))
    assert len(labels) >= 2000 + 2 * 3 * 64 + 64
    assert (labels[:, 0] == 0).all()
    assert (labels[:, 1] == 5).all()
    drawn = dataset.labels(trainer.batches.indices(0))
    assert np.corrcoef(drawn[:, 3], drawn[:, 4])[0, 1] > 0.7


def test_only_a_run_that_begins_reads_images_for_its_bias(tmp_path):
    config = resolve({"dataset": "dsprites", "objective": "vae", "architecture": "mlp1200", "bias_from_data": True})
    dataset = open_dataset("dsprites", {}, tmp_path)
    read = []
    watched = replace(dataset, read=lambda indices: (read.append(len(indices)), dataset.read(indices))[1])
    Trainer(config, tmp_path, watched, begins=False)
    assert read == []
    Trainer(config, tmp_path, watched)
    assert sum(read) == 2000


def test_a_run_without_rules_keeps_the_settings_of_earlier_versions():
    config = resolve({"dataset": "dsprites", "objective": "vae"})
    assert config.dataset_settings == {}

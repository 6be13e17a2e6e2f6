from pathlib import Path

import numpy as np
import pytest

from models_zoo.catalog import list_zoo_models
from models_zoo.codec import Codec
from models_zoo.errors import NotFound
from training.data.local import open_dataset
from training.runs.export import export_run
from training.runs.run_config import resolve, write_run
from training.runs.trainer import Trainer


@pytest.fixture(scope="module")
def entry(tmp_path_factory):
    home = tmp_path_factory.mktemp("export")
    config = resolve(
        {"dataset": "dsprites", "objective": "beta_vae", "latents": 5, "batch_size": 16, "steps": 10, "log_every": 5}
    )
    trainer = Trainer(config, home / "run", open_dataset(config.dataset, config.dataset_settings, home))
    trainer.train()
    return export_run(home / "run", home / "zoo", home, model_id="small"), trainer


def test_the_exported_entry_is_sound_and_complete(entry):
    folder, _ = entry
    (listed,) = list_zoo_models(folder.parent)
    assert listed.problem is None
    manifest = listed.manifest
    assert set(manifest.files) == {"encoder.onnx", "decoder.onnx", "sample.npz", "history.json", "run.toml"}
    assert manifest.objective_settings == {"beta": 4.0}
    assert len(manifest.statistics) == 5
    assert manifest.factor_names == ("shape", "scale", "orientation", "position_x", "position_y") or (
        len(manifest.factor_names) == 5
    )
    assert manifest.statistics_rows == 5000
    assert manifest.provenance.images_seen == 160


def test_torch_and_onnx_agree(entry):
    folder, _trainer = entry
    parity = list_zoo_models(folder.parent)[0].manifest.parity
    assert parity.images == 64
    assert max(parity.mean, parity.logvar, parity.image) <= 1e-5


def test_the_graphs_name_no_folder_of_the_machine(entry):
    folder, _ = entry
    for name in ("encoder.onnx", "decoder.onnx"):
        content = (folder / name).read_bytes()
        assert str(Path(__file__).parents[3]).encode() not in content
        assert b"stack_trace" not in content


def test_any_batch_size_runs(entry):
    folder, trainer = entry
    codec = Codec(folder)
    for n in (1, 2, 17):
        mean, logvar = codec.encode(trainer.dataset.images(np.arange(n)))
        assert mean.shape == logvar.shape == (n, 5)
        images = codec.decode(mean)
        assert images.shape == (n, 64, 64, 1)
        assert 0 <= images.min() <= images.max() <= 1


def test_the_sample_holds_the_codes_of_its_indices(entry):
    folder, trainer = entry
    with np.load(folder / "sample.npz") as sample:
        indices, mean, labels = sample["indices"], sample["mean"], sample["labels"]
    again, _ = Codec(folder).encode(trainer.dataset.images(indices[:20]))
    np.testing.assert_allclose(again, mean[:20], atol=1e-5)
    assert np.array_equal(trainer.dataset.labels(indices), labels)
    assert len(set(indices.tolist())) == 5000


def test_a_run_without_checkpoint_is_refused(tmp_path):
    write_run(tmp_path / "run", resolve({"dataset": "dsprites", "objective": "vae"}))
    with pytest.raises(NotFound, match="no checkpoint yet"):
        export_run(tmp_path / "run", tmp_path / "zoo", tmp_path)

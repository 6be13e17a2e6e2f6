"""The data set encoded once, and the evaluation of an entry on it."""

import json
from pathlib import Path

import numpy as np
import pytest

from models_zoo.catalog import read_zoo_model
from models_zoo.manifest import DECODER, ENCODER, Manifest, Provenance, record_files, write_manifest
from tests.training.metrics.tiny import TinyDataset, write_model
from training.evaluation.codes import encode_rows
from training.evaluation.networks.loading import load_network
from training.evaluation.table import labelled, published_split
from training.evaluation.zoo_model import evaluate_zoo_model, write_evaluation


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path / "home"))


def entry(folder: Path) -> Path:
    """A whole entry: model and manifest."""
    write_model(folder)
    manifest = Manifest(
        id=folder.name,
        name="tiny",
        latents=3,
        image_shape=(4, 4, 1),
        files=record_files(folder, (ENCODER, DECODER)),
        provenance=Provenance(created_at="2026-01-01", axiscope_version="0"),
    )
    write_manifest(folder, manifest)
    return folder


def test_codes_are_the_encoders_answer_for_every_image_in_order(tmp_path: Path):
    dataset = TinyDataset()
    encoded = encode_rows(write_model(tmp_path / "m"), dataset)
    row, column, level = dataset.labels(np.arange(48)).T
    grey = (127 + 64 * level) / 255
    expected = np.stack([(row + 1) * grey, (column + 1) * grey, grey], axis=1)
    np.testing.assert_allclose(encoded.mean, expected, rtol=1e-6)
    np.testing.assert_allclose(encoded.logvar, -2)


def test_a_data_set_is_encoded_once(tmp_path: Path):
    dataset, calls = TinyDataset(), []
    model = write_model(tmp_path / "m")
    first = encode_rows(model, dataset, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(48, 48)]
    dataset.asked = 0
    again = encode_rows(model, dataset, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(48, 48)]
    assert dataset.asked == 16, "only the probe of the key looks at images"
    assert again.key == first.key
    np.testing.assert_array_equal(again.mean, first.mean)
    assert isinstance(again.mean, np.memmap)


def test_other_weights_pixels_or_rows_never_meet_old_codes(tmp_path: Path):
    dataset = TinyDataset()
    keys = {
        encode_rows(write_model(tmp_path / "a"), dataset).key,
        encode_rows(write_model(tmp_path / "b", scale=2), dataset).key,
        encode_rows(tmp_path / "a", dataset, limit=10).key,
        encode_rows(tmp_path / "a", dataset, limit=10, seed=1).key,
    }
    dataset.images = lambda indices: np.ones((len(indices), 4, 4, 1), dtype=np.uint8)
    keys.add(encode_rows(tmp_path / "a", dataset).key)
    assert len(keys) == 5


def test_an_encoding_that_was_stopped_leaves_nothing_behind(tmp_path: Path):
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_rows(write_model(tmp_path / "m"), TinyDataset(), progress=stop)
    assert list((tmp_path / "home/cache").rglob("*")) == []


def test_a_damaged_cache_is_written_anew(tmp_path: Path):
    model = write_model(tmp_path / "m")
    key = encode_rows(model, TinyDataset()).key
    damaged = tmp_path / "home/cache/codes" / key / "mean.npy"
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert encode_rows(model, TinyDataset()).mean.shape == (48, 3)


def test_a_factor_is_dropped_only_where_all_of_its_labels_are_missing():
    labels = np.array([[0, -1, 2], [1, -1, -1], [0, -1, 1]])
    rows, factors = labelled(labels)
    assert rows.tolist() == [True, False, True]
    assert factors.tolist() == [True, False, True]


def test_the_split_has_the_published_sizes_where_rows_allow():
    train, test = published_split(30_000)
    assert (len(train), len(test)) == (10_000, 5_000)
    train, test = published_split(48)
    assert (len(train), len(test)) == (32, 16)
    assert not set(train) & set(test)


def test_an_entry_is_measured_and_its_results_fit_strict_json(tmp_path: Path):
    model = entry(tmp_path / "m")
    results = evaluate_zoo_model(model, TinyDataset(), ["mig", "cbd", "reconstruction"], networks=load_network, seed=4)
    assert [result.metric for result in results] == ["mig", "cbd", "reconstruction"]
    assert all(result.n == 48 and result.seed == 4 for result in results)
    document = json.loads(write_evaluation(model, results).read_text())
    assert document["schema_version"] == 1
    assert document["results"][0]["details"]["settings"] == document["results"][0]["settings"]


def test_writing_results_keeps_the_entry_sound(tmp_path: Path):
    folder = entry(tmp_path / "tiny")
    for seed in (0, 1):
        write_evaluation(folder, evaluate_zoo_model(folder, TinyDataset(), ["mig"], networks=load_network, seed=seed))
        assert read_zoo_model(folder).problem is None

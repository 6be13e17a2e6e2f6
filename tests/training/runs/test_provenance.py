"""`run.toml` trains the weights of a run or model again, whatever the run was."""

import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from models_zoo.catalog import BUNDLED, read_zoo_model
from models_zoo.errors import Conflict, DamagedFile, NotFound
from models_zoo.manifest import read_manifest
from training.cli import app
from training.registry import OBJECTIVES
from training.runs import checkpoint
from training.runs.export import export_run
from training.runs.pipeline import prepare
from training.runs.run_config import merge_settings, resolve, write_run
from training.runs.run_toml import read_recipe
from training.runs.starting_weights import copy_start, digest, read_weights

SMALL = {"factor_vae": ["--set", "layers=2", "--set", "units=32"]}
STEPS = 4


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    """Folder of own images with labels, and of a run on them that others start from."""
    folder = tmp_path_factory.mktemp("shared")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 64, 64), np.uint8)
    labels = np.stack([np.arange(60) % 3, np.arange(60) // 30], axis=1)
    np.savez(folder / "noise.npz", images=images, labels=labels)
    settings = ["--dataset", "own", "--data-set", f"path={folder}/noise.npz", "--objective", "vae"]
    axiscope("train", "--out", folder / "first", *settings, *cheap("--steps", 2, "--latents", 3))
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch, shared: Path) -> Path:
    """Home whose data directory holds the own images; the folder beside it holds the run ``first``."""
    folder = tmp_path / "home"
    monkeypatch.setenv("AXISCOPE_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    (folder / "data").mkdir(parents=True)
    shutil.copy(shared / "noise.npz", folder / "data" / "noise.npz")
    shutil.copytree(shared / "first", "first")
    return folder


def axiscope(*arguments: str | Path) -> None:
    done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output


def cheap(*more: object) -> list[str]:
    return ["--batch-size", "4", "--log-every", "2", "--film-frames", "0", *map(str, more)]


def every_setting(home: Path) -> list[str]:
    """Options that the old `command` of a manifest left out, all at once."""
    return cheap(
        *("--dataset", "own", "--data-set", f"path={home}/data/noise.npz", "--data-set", "title=noise"),
        *("--latents", 3, "--steps", STEPS, "--lr", 1e-3, "--final-learning-rate", 1e-5, "--seed", 7),
        *("--bias-from-data", "--held-out", 0.25, "--start-from", "first", "--likelihood", "mse"),
        *("--checkpoint-every", 3),
    )


def weights_at_end(run: Path, step: int = STEPS) -> dict[str, torch.Tensor]:
    tensors = safetensors.torch.load_file(checkpoint.path_of(run, step))
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("optimizer/")}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_the_file_of_a_run_trains_its_weights_again_bit_for_bit(home, objective):
    axiscope("train", "--out", "run", "--objective", objective, *SMALL.get(objective, []), *every_setting(home))
    Path("elsewhere").mkdir()
    for name in ("run.toml", "start.safetensors"):
        shutil.copy(Path("run", name), "elsewhere")
    shutil.rmtree("first")
    axiscope("train", "--config", "elsewhere/run.toml", "--out", "again")
    assert same(weights_at_end(Path("run")), weights_at_end(Path("again")))
    assert Path("run/run.toml").read_text() == Path("again/run.toml").read_text()


@pytest.mark.slow
def test_a_model_folder_alone_trains_its_weights_again_and_names_no_folder_of_the_machine(home, tmp_path):
    axiscope("train", "--out", "run", "--objective", "beta_vae", *every_setting(home))
    model = export_run(Path("run"), home / "zoo", home / "data", model_id="small")
    manifest = read_manifest(model)
    assert {"run.toml", "start.safetensors"} <= manifest.files.keys()
    assert read_zoo_model(model).problem is None
    assert manifest.provenance.command == "axiscope train --config run.toml"
    assert manifest.training["start_from"] == "start.safetensors"
    assert str(tmp_path) not in (model / "run.toml").read_text()
    moved = tmp_path / "download"
    shutil.copytree(model, moved)
    shutil.rmtree("run")
    shutil.rmtree("first")
    axiscope("train", "--config", moved / "run.toml")
    axiscope("export", "runs/download", "--id", "again")
    for name in ("encoder.onnx", "decoder.onnx"):
        assert (home / "zoo" / "again" / name).read_bytes() == (model / name).read_bytes()


@pytest.mark.slow
def test_a_model_of_an_unfinished_run_is_trained_again_to_its_own_step(home):
    decaying = ["--lr", "1e-2", "--final-learning-rate", "1e-4", "--checkpoint-every", "3"]
    images = ["--dataset", "own", "--data-set", f"path={home}/data/noise.npz"]
    axiscope("train", "--out", "whole", *images, "--objective", "vae", *cheap("--steps", STEPS, *decaying))
    checkpoint.path_of(Path("whole"), STEPS).unlink()
    model = export_run(Path("whole"), home / "zoo", home / "data", model_id="middle")
    axiscope("train", "--config", model / "run.toml", "--out", "again")
    assert checkpoint.steps_in(Path("again")) == [3]
    assert same(weights_at_end(Path("whole"), 3), weights_at_end(Path("again"), 3))


def test_weights_to_start_from_that_were_altered_or_are_missing_are_refused(home):
    axiscope("train", "--out", "run", "--objective", "vae", *every_setting(home))
    kept = Path("run/start.safetensors")
    saved = checkpoint.load(kept)
    saved.tensors["model/encoder.0.bias"] += 1
    checkpoint.save(kept, saved)
    config = merge_settings(Path("again"), {}, Path("run/run.toml"), resume=False)
    with pytest.raises(Conflict, match=r"holds other weights than this run started from: got SHA-256 \w{12}"):
        prepare(config, Path("again"), home / "data")
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match=r"start\.safetensors, which is no whole checkpoint"):
        prepare(config, Path("again"), home / "data")
    kept.unlink()
    with pytest.raises(NotFound, match=r"start\.safetensors, which does not exist; .*; copy it there"):
        prepare(config, Path("again"), home / "data")


def test_a_resumed_run_keeps_the_weights_that_it_began_with(home):
    options = ["--objective", "vae", *every_setting(home)]
    axiscope("train", "--out", "whole", *options)
    axiscope("train", "--out", "parts", *options, "--stop-at", "2")
    shutil.rmtree("first")
    axiscope("train", "--out", "parts", "--resume", "--stop-at", STEPS)
    assert same(weights_at_end(Path("whole")), weights_at_end(Path("parts")))


def test_a_resumed_run_does_not_take_other_weights_to_start_from(home):
    options = ["--objective", "vae", *every_setting(home)]
    axiscope("train", "--out", "run", *options, "--stop-at", "2")
    axiscope("train", "--out", "first", "--resume", "--steps", "4")
    config = merge_settings(Path("run"), {"start_from": str(Path("first").absolute())}, None, resume=True)
    with pytest.raises(Conflict, match="start_from_sha256: checkpoint"):
        prepare(config, Path("run"), home / "data")


@pytest.mark.slow
def test_a_run_can_start_from_a_model_of_the_zoo(home):
    model = export_run(Path("first"), home / "zoo", home / "data")
    assert digest(read_weights(model)) == digest(read_weights(Path("first")))


def test_a_learning_rate_that_has_fallen_cannot_be_stretched_over_other_steps(home):
    axiscope("train", "--out", "run", "--objective", "vae", *every_setting(home))
    config = merge_settings(Path("run"), {"steps": 2 * STEPS}, None, resume=True)
    with pytest.raises(Conflict, match="steps: checkpoint 4, now 8"):
        prepare(config, Path("run"), home / "data")


def test_paths_of_a_file_are_relative_to_it_or_to_the_data_directory(home):
    Path("recipe.toml").write_text(
        '[run]\ndataset = "own"\nobjective = "vae"\nstart_from = "first"\n[run.dataset_settings]\npath = "noise.npz"\n'
    )
    values = read_recipe(Path("recipe.toml"))
    assert values["start_from"] == str(Path("first").absolute())
    assert values["dataset_settings"]["path"] == str(home / "data" / "noise.npz")
    shutil.copy(home / "data" / "noise.npz", "noise.npz")
    assert read_recipe(Path("recipe.toml"))["dataset_settings"]["path"] == str(Path("noise.npz").absolute())


@pytest.mark.parametrize("objective", OBJECTIVES.names())
def test_the_file_holds_every_setting_and_reads_back_as_the_same_run(home, objective):
    config = resolve({"dataset": "dsprites", "objective": objective, "evaluate_every": 5, "evaluate_metrics": ["mig"]})
    write_run(Path("run"), config)
    read = tomllib.loads(Path("run/run.toml").read_text())["run"]
    assert resolve(read) == config
    assert read.keys() == {name for name, value in config.model_dump(mode="json").items() if value is not None}


TRAINED = sorted(path.parent for path in BUNDLED.glob("*/run.toml"))


def test_a_bundled_model_without_a_run_says_that_it_was_imported():
    imported = [read_manifest(folder) for folder in sorted(BUNDLED.iterdir()) if folder not in TRAINED]
    assert [manifest.id for manifest in imported] == ["mnist-pythae"]
    for manifest in imported:
        assert (manifest.objective, manifest.training) == (None, {})
        assert "imported from" in manifest.provenance.note


@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_a_bundled_model_carries_the_settings_of_its_manifest(tmp_path, folder):
    entry = read_zoo_model(folder)
    assert entry.problem is None
    assert "run.toml" in entry.manifest.files
    config = merge_settings(tmp_path, {}, folder / "run.toml", resume=False)
    own = config.model_dump(mode="json")
    stored = entry.manifest.model_dump(mode="json")
    later = {"objective_settings", "dataset_settings", "start_from"}
    known = {**stored["training"], **stored}
    assert {name: value for name, value in own.items() if name in known and name not in later} == {
        name: value for name, value in known.items() if name in own and name not in later
    }
    for kind in ("objective_settings", "dataset_settings"):
        assert stored[kind].items() <= own[kind].items()
    if config.start_from is not None:
        assert copy_start(config, tmp_path, None).start_from == "start.safetensors"

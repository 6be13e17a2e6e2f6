"""Options of `axiscope train` are the fields of `RunConfig`."""

import re
from typing import Any

import click
import pytest
import typer
from typer.testing import CliRunner

from models_zoo.errors import DamagedFile
from training.cli import app
from training.commands.run_options import settings_of
from training.runs.run_config import RunConfig
from training.runs.run_toml import read_recipe

TRAIN: Any = typer.main.get_command(app).commands["train"]
OPTIONS = {parameter.name: parameter for parameter in TRAIN.params}
OF_THE_CONTRACT = (
    "dataset objective architecture latents steps batch-size lr seed likelihood device threads checkpoint-every "
    "log-every held-out evaluate-every evaluate keep-best patience film-frames amp set data-set start-from out config "
    "seeds parallel tensorboard resume json"
)


@pytest.mark.parametrize("name", RunConfig.model_fields)
def test_every_setting_is_an_option_with_its_meaning_and_its_bounds(name):
    option, field = OPTIONS[name], RunConfig.model_fields[name]
    assert field.description[1:] in option.help
    for bound in field.metadata:
        for number in (getattr(bound, key) for key in ("ge", "gt", "le", "lt") if hasattr(bound, key)):
            assert f"{number:,}" in option.help
    if isinstance(field.default, str):
        assert field.default in option.help


def test_the_names_of_the_contract_stay():
    known = {name for parameter in TRAIN.params for name in parameter.opts}
    assert {f"--{name}" for name in OF_THE_CONTRACT.split(" ")} <= known


def test_what_is_not_given_changes_nothing():
    context = TRAIN.make_context("train", ["--out", "run"])
    assert settings_of({name: context.params[name] for name in RunConfig.model_fields}) == {}


def test_values_arrive_with_the_type_of_their_setting():
    words = "--out run --latents 4 --lr 1e-3 --bias-from-data --no-amp --evaluate cbd,mig --final-learning-rate 1e-5"
    context = TRAIN.make_context("train", words.split())
    assert settings_of({name: context.params[name] for name in RunConfig.model_fields}) == {
        "latents": 4,
        "learning_rate": 1e-3,
        "bias_from_data": True,
        "amp": False,
        "evaluate_metrics": ["cbd", "mig"],
        "final_learning_rate": 1e-5,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--latents 0", "latents: got 0; allowed: greater than or equal to 1"),
        ("--likelihood poisson", "likelihood: got 'poisson'; allowed:"),
        ("--final-learning-rate 2", "final_learning_rate: got 2.0; allowed:"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(tmp_path, words, message):
    command = ["train", "--out", str(tmp_path), "--dataset", "dsprites", "--objective", "vae", *words.split()]
    done = CliRunner().invoke(app, command)
    assert message in str(done.exception)


def test_without_a_folder_and_without_a_file_the_option_is_named():
    done = CliRunner().invoke(app, ["train", "--dataset", "dsprites", "--objective", "vae"])
    assert "name the run folder with --out" in str(done.exception)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'dataset = "dsprites"\n', "without a table [run]"),
        (b"run = 3\n", "without a table [run]"),
        (b"[run\n", "which is not TOML"),
        (b"\xff\xfe\x00", "which is not TOML"),
    ],
)
def test_a_file_that_holds_no_run_is_refused(tmp_path, content, message):
    (tmp_path / "run.toml").write_bytes(content)
    with pytest.raises(DamagedFile, match=re.escape(message)):
        read_recipe(tmp_path / "run.toml")


def test_help_prints_every_option():
    text = click.unstyle(CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200"}).output)
    for option in ("--final-learning-rate", "--bias-from-data", "--stop-at", "--evaluate-images", "--data-set"):
        assert re.search(rf"{option}\b", text)

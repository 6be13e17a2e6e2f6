"""`axiscope metrics`: the JSON document, and what it says of arrays that cannot be measured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from models_zoo.errors import AxiscopeError
from training.cli import app

RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, (3, 4), size=(200, 2))
CODES = (FACTORS + 0.1 * RNG.standard_normal((200, 2))).astype(np.float32)


def save(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "arrays.npz"
    np.savez(path, **arrays)
    return path


def run(*words: object) -> dict:
    answer = CliRunner().invoke(app, ["metrics", *map(str, words), "--json"], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout, parse_constant=lambda name: pytest.fail(f"{name} in the answer"))


def problem(*words: object) -> str:
    with pytest.raises(AxiscopeError) as caught:
        CliRunner().invoke(app, ["metrics", *map(str, words), "--json"], catch_exceptions=False)
    return str(caught.value)


def test_prints_one_strict_json_document(tmp_path: Path):
    answer = run(save(tmp_path, z=CODES, factors=FACTORS), "--metrics", "mig,cbd", "--seed", 3, "--mode", "parity")
    assert {key: answer[key] for key in ("n", "latents", "factors", "mode", "seed")} == {
        "n": 200,
        "latents": 2,
        "factors": 2,
        "mode": "parity",
        "seed": 3,
    }
    assert list(answer["metrics"]) == ["mig", "cbd"]
    low, high = answer["metrics"]["mig"]["interval"]
    assert low <= answer["metrics"]["mig"]["score"] <= high
    assert answer["metrics"]["mig"]["details"]["settings"] == {"resamples": 50, "bins": 20}


def test_settings_reach_their_metric(tmp_path: Path):
    path = save(tmp_path, z=CODES, factors=FACTORS)
    answer = run(path, "--metrics", "cbd,mig", "--set", "cbd.alpha=0.25", "--set", "mig.bins=auto")
    assert answer["metrics"]["cbd"]["details"]["settings"]["alpha"] == 0.25
    assert answer["metrics"]["mig"]["details"]["settings"]["bins"] == "auto"


def test_arrays_that_no_metric_reads_may_be_in_the_file(tmp_path: Path):
    notes = np.array([{"made": "by hand"}], dtype=object)
    assert run(save(tmp_path, z=CODES, factors=FACTORS, notes=notes), "--metrics", "mig")["n"] == 200


def test_one_named_range_leaves_the_rest_for_the_other(tmp_path: Path):
    path = save(tmp_path, z=CODES, factors=FACTORS)
    few = ["--metrics", "explicitness", "--train", "0:150"]
    both = [*few, "--test", "150:200"]
    scores = [run(path, *words)["metrics"]["explicitness"]["score"] for words in (few, both)]
    assert scores[0] == scores[1]
    assert "leave none to score on" in problem(path, "--metrics", "explicitness", "--train", "0:200")
    assert run(path, "--metrics", "sap", "--train", "0:200")["metrics"]["sap"]["details"]["rows"] == 200


def test_class_numbers_may_have_holes(tmp_path: Path):
    path = save(tmp_path, z=CODES, factors=FACTORS * 300_000_000)
    (tmp_path / "dense").mkdir()
    dense = save(tmp_path / "dense", z=CODES, factors=FACTORS)
    words = [
        "--metrics",
        "mig,mig_sup,modularity,irs,factor_vae,dci",
        "--set",
        "mig.bins=auto",
        "--set",
        "dci.n_estimators=2",
    ]
    scores = [{name: part["score"] for name, part in run(file, *words)["metrics"].items()} for file in (path, dense)]
    assert scores[0] == scores[1]


def test_gives_the_reason_where_labels_are_missing(tmp_path: Path):
    answer = run(save(tmp_path, z=CODES), "--metrics", "mig")
    assert answer["metrics"]["mig"]["score"] is None
    assert "labels" in answer["metrics"]["mig"]["reason"]


BAD = {
    "nan": ({"z": np.where(np.arange(400).reshape(200, 2) == 7, np.nan, CODES), "factors": FACTORS}, "row 3, latent 1"),
    "outside": (
        {"z": CODES, "factors": FACTORS, "factor_sizes": [3, 3]},
        f"row {np.argmax(FACTORS[:, 1] == 3)}, factor 1: got 3; allowed: 0 to 2",
    ),
    "negative": ({"z": CODES, "factors": FACTORS - 1}, "got -1; allowed: 0 and up"),
    "named": ({"z": CODES, "factors": FACTORS - 1, "factor_names": ["hue", "size"]}, "hue"),
    "fraction": ({"z": CODES, "factors": FACTORS + 0.5}, "row 0"),
    "one row": ({"z": CODES[:1], "factors": FACTORS[:1]}, "at least 2"),
    "no z": ({"codes": CODES, "factors": FACTORS}, "allowed: `z`"),
    "flat": ({"z": CODES.ravel(), "factors": FACTORS}, "allowed: (n, latents)"),
    "rows": ({"z": CODES[:50], "factors": FACTORS}, "factors of 200 rows; allowed: 50, as z"),
    "words": ({"z": CODES.astype(str), "factors": FACTORS}, "real numbers"),
    "complex": ({"z": CODES * 1j, "factors": FACTORS}, "real numbers"),
    "sizes": ({"z": CODES, "factors": FACTORS, "factor_sizes": [3]}, "2 whole numbers"),
    "names": ({"z": CODES, "factors": FACTORS, "factor_names": ["hue"]}, "1 names; allowed: 2"),
    "empty": ({"z": np.zeros((5, 0)), "factors": FACTORS[:5]}, "allowed: (n, latents)"),
}


@pytest.mark.parametrize("name", BAD)
def test_names_the_array_and_place_at_fault(tmp_path: Path, name: str):
    arrays, said = BAD[name]
    assert said in problem(save(tmp_path, **arrays), "--metrics", "mig")


def test_refuses_object_arrays_and_pickles(tmp_path: Path):
    objects = np.array([[1, None]] * 5, dtype=object)
    assert "z, which holds Python objects" in problem(save(tmp_path, z=objects, factors=FACTORS[:5]))
    pickled = tmp_path / "pickled.npz"
    pickled.write_bytes(b"\x80\x04]\x94.")
    assert "which is no npz" in problem(pickled)
    alone = tmp_path / "alone.npy"
    np.save(alone, CODES)
    assert "one array" in problem(alone)
    assert "does not exist" in problem(tmp_path / "nothing.npz")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metrics", "mgi"], "did you mean 'mig'"),
        (["--metrics", "mig", "--set", "mig.bin=3"], "got setting 'bin'"),
        (["--metrics", "mig", "--set", "bins=3"], "METRIC.SETTING=VALUE"),
        (["--metrics", "mig", "--set", "cbd.alpha=1"], "allowed: those of the metrics to run: mig"),
        (["--metrics", "cbd", "--set", "cbd.alpha=2"], "less than or equal to 1"),
        (["--metrics", "mig", "--mode", "exact"], "allowed: parity, corrected"),
        (["--metrics", "mig", "--train", "7"], "A:B"),
        (["--metrics", "mig", "--train", "0:900"], "allowed: within 0:200"),
        (["--metrics", "mig", "--train", "50:50"], "holds no row"),
        (["--metrics", "mig", "--seed", "-1"], "0 and up"),
    ],
)
def test_explains_options_it_cannot_take(tmp_path: Path, words: list[str], said: str):
    assert said in problem(save(tmp_path, z=CODES, factors=FACTORS), *words)


def test_errors_go_to_stderr_with_a_non_zero_code(tmp_path: Path):
    code = "from training.cli import app, run; run(app)"
    path = save(tmp_path, z=CODES[:1], factors=FACTORS[:1])
    done = subprocess.run([sys.executable, "-c", code, "metrics", path, "--json"], capture_output=True, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"at least 2" in done.stderr


def test_shows_a_table_to_a_person(tmp_path: Path):
    answer = CliRunner().invoke(app, ["metrics", str(save(tmp_path, z=CODES, factors=FACTORS)), "--metrics", "mig"])
    assert "MIG" in answer.stdout


def test_nothing_heavy_is_loaded_before_the_first_metric_runs(tmp_path: Path):
    path = save(tmp_path, z=CODES, factors=FACTORS)
    program = f"""
import sys
from pathlib import Path
from training.commands import metrics
from training.evaluation import suite

def load(name):
    print(*sorted(sys.modules.keys() & {{"sklearn", "numba", "scipy", "torch", "pandas", "matplotlib"}}), end="")
    raise SystemExit

suite.metric = load
metrics.metrics(Path({str(path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr

"""UDR against the reference set and its two ends."""

import json

import numpy as np
import pytest

from tests.training.metrics.cases import shared_folder
from training.evaluation.arrays import table_from_arrays
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate
from training.metrics import udr


def measure(arrays: dict, **settings: object):
    table = table_from_arrays(arrays)
    (result,) = evaluate(table, ["udr"], options=EvaluationOptions("parity"), settings={"udr": settings})
    return result


def models(n_models: int, rotate: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-1, 1, size=(800, 4))
    arrays = {}
    for model in range(n_models):
        order, signs = rng.permutation(4), rng.choice([-1, 1], 4)
        codes = truth[:, order] * signs
        if rotate:
            codes = codes @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
        arrays[f"z_{model}"] = np.column_stack([codes, 0.05 * rng.normal(size=800)])
        arrays[f"kl_{model}"] = np.array([2.0, 2.0, 2.0, 2.0, 0.001])
    return arrays


@pytest.mark.parametrize("kind", ["lasso", "spearman"])
def test_equals_the_reference(kind: str):
    folder = shared_folder()
    if folder is None:
        pytest.skip("the shared reference cases are not beside this checkout")
    with np.load(folder / "udr_visible.npz") as arrays:
        result = measure(dict(arrays), kind=kind)
    expected = json.loads((folder / "udr_visible.json").read_text())[kind]
    np.testing.assert_allclose(result.details["model_scores"], expected["model_scores"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(result.details["pairwise"], expected["pairwise"], rtol=0, atol=1e-6)


def test_models_that_agree_up_to_order_and_sign_score_high_and_rotated_ones_low():
    aligned, rotated = (measure(models(4, rotate)).score for rotate in (False, True))
    assert aligned > 0.85
    assert rotated < 0.6


def test_numbered_arrays_and_one_stack_are_the_same():
    arrays = models(3, rotate=True)
    stacked = {
        "z": np.stack([arrays[f"z_{i}"] for i in range(3)]),
        "kl": np.stack([arrays[f"kl_{i}"] for i in range(3)]),
    }
    assert measure(arrays).details["pairwise"] == measure(stacked).details["pairwise"]


def test_latents_below_the_kl_threshold_are_left_out():
    arrays = models(3, rotate=False)
    answer = measure(arrays)
    assert answer.details["active_latents"] == [[0, 1, 2, 3]] * 3
    without = {name: array for name, array in arrays.items() if name.startswith("z")}
    assert measure(without).score < answer.score


def test_a_permutation_agrees_fully_and_nothing_not_at_all():
    assert udr.agreement(np.eye(4)[[2, 0, 1, 3]]) == 1.0
    assert udr.agreement(np.zeros((3, 3))) == 0.0


def test_one_model_has_no_partner():
    (result,) = evaluate(table_from_arrays({"z": np.zeros((5, 2))}), ["udr"])
    assert "two or more models" in result.reason

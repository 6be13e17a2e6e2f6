"""FactorVAE metric against the reference means and its traps."""

import numpy as np
import pytest

from tests.training.metrics.arrays import BIG, measure
from tests.training.metrics.cases import Case
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import evaluate


@pytest.mark.parametrize("threshold", [0.0, 0.05])
def test_equals_the_mean_of_the_reference(case: Case, threshold: float):
    settings = {"factor_vae": {"prune_std": threshold}}
    (result,) = evaluate(case.table, ["factor_vae"], options=EvaluationOptions("parity"), settings=settings)
    mean, std = case.golden[f"factor_vae_prune{threshold}"]
    assert result.score == pytest.approx(mean, abs=0.02 if threshold else max(0.02, 3 * std))


@pytest.mark.parametrize("mode", ["parity", "corrected"])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_constant_latent_never_wins_the_argmin(mode: str, place: int):
    codes = np.insert(BIG.astype(float), place, 0.3, axis=1)
    answer = measure("factor_vae", codes, BIG, mode=mode, prune_std=0)
    assert answer.value == 1.0
    assert answer.details["pruned"].tolist() == [place]
    assert answer.details["votes"][place].tolist() == [0, 0, 0]


def test_names_the_true_index_of_each_latent():
    codes = np.column_stack([BIG[:, 2], np.zeros(len(BIG)), BIG[:, 0], BIG[:, 1]])
    answer = measure("factor_vae", codes, BIG)
    assert answer.details["named"] == [2, None, 0, 1]


def test_parity_prunes_by_standard_deviation_and_corrected_by_what_latents_carry():
    noise = np.random.default_rng(0).normal(size=(len(BIG), 1))
    codes = np.column_stack([BIG * 0.01, 0.5 * noise])
    assert measure("factor_vae", codes, BIG, mode="parity").details["pruned"].tolist() == [0, 1, 2]
    assert measure("factor_vae", codes, BIG).details["pruned"].tolist() == [3]
    assert measure("factor_vae", codes, BIG).value == 1.0


def test_a_constant_code_has_no_information():
    answer = measure("factor_vae", np.ones((len(BIG), 2)), BIG)
    assert answer.value == answer.chance == pytest.approx(1 / 3)

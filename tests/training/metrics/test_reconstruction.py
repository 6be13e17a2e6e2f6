"""Reconstruction terms against closed forms."""

import numpy as np
import pytest

from tests.training.metrics.tiny import TinyDataset
from training.evaluation.estimators.total_correlation import kl_parts
from training.evaluation.score import EvaluationOptions
from training.evaluation.table import CodeTable
from training.metrics import reconstruction


class Grey:
    """Every latent point decodes to the same grey."""

    title = "grey"

    def originals(self, rows: np.ndarray) -> np.ndarray:
        return TinyDataset().images(rows)

    def decode(self, latents: np.ndarray) -> np.ndarray:
        return np.full((len(latents), 4, 4, 1), 0.25, dtype=np.float32)


def measure(mean: np.ndarray, logvar: np.ndarray):
    table = CodeTable(mean, logvar=logvar, pictures=Grey(), test=np.arange(48), train=np.arange(48))
    return reconstruction.score(table, np.random.default_rng(0), reconstruction.Config(), EvaluationOptions())


def test_equals_the_sums_done_by_hand():
    answer = measure(np.zeros((48, 2)), np.zeros((48, 2)))
    target = TinyDataset().images(np.arange(48)) / 255
    nll = -(target * np.log(0.25) + (1 - target) * np.log(0.75)).sum((1, 2, 3)).mean()
    assert answer.value == pytest.approx(nll)
    assert answer.details["squared_error"] == pytest.approx(((target - 0.25) ** 2).sum((1, 2, 3)).mean())
    assert answer.details["kl"] == pytest.approx(0)
    assert answer.details["elbo"] == pytest.approx(-nll)
    assert answer.details["total_correlation"] == pytest.approx(0, abs=1e-12)


def test_kl_is_the_closed_form_and_the_parts_add_up():
    rng = np.random.default_rng(1)
    mean, logvar = rng.normal(size=(400, 3)), rng.normal(-1, 0.3, size=(400, 3))
    kl = 0.5 * (mean**2 + np.exp(logvar) - logvar - 1).sum(1).mean()
    parts = kl_parts(mean, logvar, rng)
    assert parts.index_code + parts.total_correlation + parts.dimension_wise == pytest.approx(kl, rel=0.03)


def test_total_correlation_of_two_equal_latents_is_that_of_a_gaussian_pair():
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(3000, 1))
    mean, logvar = np.repeat(shared, 2, axis=1), np.full((3000, 2), np.log(0.25))
    rho = 1 / 1.25
    expected = -0.5 * np.log(1 - rho**2)
    assert kl_parts(mean, logvar, rng).total_correlation == pytest.approx(expected, abs=0.05)


def test_says_what_it_needs_where_there_are_only_codes():
    answer = reconstruction.score(
        CodeTable(np.zeros((4, 1))), np.random.default_rng(0), reconstruction.Config(), EvaluationOptions()
    )
    assert answer.value is None
    assert "decoder" in answer.reason

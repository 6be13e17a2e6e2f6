import numpy as np
import pytest

from models_zoo.manifest import NOISELESS_LOGVAR, latent_state
from models_zoo.statistics import correlations, latent_statistics


def test_correlations_agree_with_numpy_and_are_zero_for_constants():
    rng = np.random.default_rng(0)
    codes = rng.standard_normal((500, 4)).astype(np.float32)
    labels = rng.integers(0, 6, (500, 3))
    codes[:, 1] += labels[:, 2]
    codes[:, 3] = 0.25
    expected = np.corrcoef(np.c_[codes[:, :3], labels].T.astype(float))[:3, 3:]
    found = correlations(codes, labels)
    np.testing.assert_allclose(found[:3], expected, atol=1e-9)
    assert (found[3] == 0).all()


def test_rows_with_a_missing_label_are_left_out_for_that_factor_alone():
    codes = np.arange(10, dtype=np.float32)[:, None]
    labels = np.stack([np.arange(10), np.arange(10)], 1)
    labels[5:, 1] = -1
    np.testing.assert_allclose(correlations(codes, labels), [[1, 1]])


def test_statistics_of_known_gaussians():
    rng = np.random.default_rng(1)
    mean = (rng.standard_normal((20_000, 2)) * (1.5, 0.0)).astype(np.float32)
    logvar = np.full_like(mean, (np.log(0.25), 0.0))
    alive, dead = latent_statistics(mean, logvar, np.zeros((20_000, 0), int), ())
    assert alive.std == pytest.approx(1.5, rel=0.02)
    assert alive.kl_nats == pytest.approx(0.5 * (1.5**2 + 0.25 - 1 - np.log(0.25)), rel=0.03)
    assert alive.mean_sigma == pytest.approx(0.5, rel=1e-4)
    assert alive.quantiles[3] == pytest.approx(0, abs=0.05)
    assert (alive.state, dead.state) == ("active", "dead")
    assert alive.best_factor is None


def test_a_latent_without_noise_has_no_kl_and_is_ordered_by_variance():
    mean = np.random.default_rng(2).standard_normal((1000, 1), np.float32) * 3
    (latent,) = latent_statistics(mean, np.full_like(mean, NOISELESS_LOGVAR), np.zeros((1000, 0), int), ())
    assert latent.kl_nats is None
    assert latent.information == pytest.approx(mean.var(), rel=1e-4)


@pytest.mark.parametrize(
    ("kl", "variance", "sigma", "state"),
    [
        (0.005, 0.005, 1.0, "dead"),
        (0.005, 0.5, 1.0, "weak"),
        (0.05, 0.05, 0.9, "weak"),
        (2.0, 0.9, 0.3, "active"),
        (4.0, 1.0, 0.01, "saturated"),
    ],
)
def test_a_latent_is_named_by_what_it_carries(kl, variance, sigma, state):
    assert latent_state(kl, variance, sigma) == state

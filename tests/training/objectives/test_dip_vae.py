import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput

pytestmark = pytest.mark.parametrize("name", ["dip_vae_i", "dip_vae_ii"])


def covariance(name, posterior):
    """Cov of the posterior means of the batch, for II with the mean posterior variance, by numpy."""
    mean, logvar = (part.detach().numpy().astype(float) for part in posterior)
    of_means = np.cov(mean, rowvar=False, bias=True)
    return of_means if name == "dip_vae_i" else of_means + np.diag(np.exp(logvar).mean(0))


def test_the_covariance_is_that_of_numpy(make, batch, name):
    actual = make(name).covariance(batch.posterior).detach()
    np.testing.assert_allclose(actual, covariance(name, batch.posterior), rtol=1e-5, atol=1e-6)


def test_the_loss_is_the_vae_plus_the_two_weighted_distances_from_the_identity(loss, batch, name):
    c = covariance(name, batch.posterior)
    diagonal = ((np.diag(c) - 1) ** 2).sum()
    off_diagonal = (c**2).sum() - (np.diag(c) ** 2).sum()
    terms = loss(name, l_od=3, l_d=5)
    assert terms.parts["off_diagonal"].item() == pytest.approx(off_diagonal, rel=1e-4)
    assert terms.parts["diagonal"].item() == pytest.approx(diagonal, rel=1e-4)
    assert terms.total.item() == pytest.approx(loss("vae").total.item() + 3 * off_diagonal + 5 * diagonal, rel=1e-5)


def test_the_diagonal_has_the_published_weight_where_none_is_given(loss, name):
    given = loss(name, l_od=10, l_d={"dip_vae_i": 100, "dip_vae_ii": 10}[name]).total
    torch.testing.assert_close(loss(name, l_od=10).total, given)


def test_weights_of_zero_are_the_vae(loss, name):
    torch.testing.assert_close(loss(name, l_od=0, l_d=0).total, loss("vae").total)


def test_a_negative_weight_is_refused(make, name):
    with pytest.raises(InvalidInput, match="l_od: got -1"):
        make(name, l_od=-1)

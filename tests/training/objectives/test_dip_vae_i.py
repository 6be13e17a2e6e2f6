import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput


def covariance(posterior):
    """C of the batch by numpy."""
    return np.cov(posterior.mean.detach().numpy().astype(float), rowvar=False, bias=True)


def test_the_covariance_is_that_of_numpy(make, batch):
    actual = make("dip_vae_i").covariance(batch.posterior).detach()
    np.testing.assert_allclose(actual, covariance(batch.posterior), rtol=1e-5, atol=1e-6)


def test_the_loss_is_the_vae_plus_the_two_weighted_distances_from_the_identity(loss, batch):
    c = covariance(batch.posterior)
    diagonal = ((np.diag(c) - 1) ** 2).sum()
    off_diagonal = (c**2).sum() - (np.diag(c) ** 2).sum()
    terms = loss("dip_vae_i", l_od=3, l_d=5)
    assert terms.parts["off_diagonal"].item() == pytest.approx(off_diagonal, rel=1e-4)
    assert terms.parts["diagonal"].item() == pytest.approx(diagonal, rel=1e-4)
    assert terms.total.item() == pytest.approx(loss("vae").total.item() + 3 * off_diagonal + 5 * diagonal, rel=1e-5)


def test_the_diagonal_has_the_published_weight_where_none_is_given(loss):
    torch.testing.assert_close(loss("dip_vae_i", l_od=10).total, loss("dip_vae_i", l_od=10, l_d=100).total)


def test_weights_of_zero_are_the_vae(loss):
    torch.testing.assert_close(loss("dip_vae_i", l_od=0, l_d=0).total, loss("vae").total)


def test_a_negative_weight_is_refused(make):
    with pytest.raises(InvalidInput, match="l_od = -1"):
        make("dip_vae_i", l_od=-1)

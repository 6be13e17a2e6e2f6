"""What the tests of both DIP-VAEs share: they differ in the covariance, and in the weight of its diagonal."""

import numpy as np
import pytest
import torch

from models_zoo.errors import InvalidInput


class DipVae:
    """Tests of one of them; the class that inherits them says its ``name``, ``covariance`` and ``diagonal`` weight."""

    name: str
    diagonal: float

    def test_the_covariance_is_that_of_numpy(self, make, batch):
        actual = make(self.name).covariance(batch.posterior).detach()
        np.testing.assert_allclose(actual, self.covariance(batch.posterior), rtol=1e-5, atol=1e-6)

    def test_the_loss_is_the_vae_plus_the_two_weighted_distances_from_the_identity(self, loss, batch):
        c = self.covariance(batch.posterior)
        diagonal = ((np.diag(c) - 1) ** 2).sum()
        off_diagonal = (c**2).sum() - (np.diag(c) ** 2).sum()
        terms = loss(self.name, l_od=3, l_d=5)
        assert terms.parts["off_diagonal"].item() == pytest.approx(off_diagonal, rel=1e-4)
        assert terms.parts["diagonal"].item() == pytest.approx(diagonal, rel=1e-4)
        assert terms.total.item() == pytest.approx(loss("vae").total.item() + 3 * off_diagonal + 5 * diagonal, rel=1e-5)

    def test_the_diagonal_has_the_published_weight_where_none_is_given(self, loss):
        given = loss(self.name, l_od=10, l_d=self.diagonal).total
        torch.testing.assert_close(loss(self.name, l_od=10).total, given)

    def test_weights_of_zero_are_the_vae(self, loss):
        torch.testing.assert_close(loss(self.name, l_od=0, l_d=0).total, loss("vae").total)

    def test_a_negative_weight_is_refused(self, make):
        with pytest.raises(InvalidInput, match="l_od = -1"):
            make(self.name, l_od=-1)

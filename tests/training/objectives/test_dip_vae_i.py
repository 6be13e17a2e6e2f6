import numpy as np

from tests.training.objectives.dip_vae import DipVae


class TestDipVaeI(DipVae):
    name, diagonal = "dip_vae_i", 100

    def covariance(self, posterior):
        """Cov of the posterior means of the batch, by numpy."""
        return np.cov(posterior.mean.detach().numpy().astype(float), rowvar=False, bias=True)

"""Variational autoencoder."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "VAE"
SOURCE = "Kingma & Welling 2014, eq. 10"


class Config(BaseConfig):
    """The VAE has no settings."""


class Objective(BaseObjective):
    """``Rec + KL``."""

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        return LossTerms(reconstruction + kl, {"reconstruction": reconstruction.detach(), "kl": kl.detach()})

"""Autoencoder: reconstruction alone, the decoder gets the mean."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.model.losses import LossTerms, Posterior
from training.model.objective import Objective as BaseObjective

TITLE = "Autoencoder"
SOURCE = "Xu & Li"


class Config(BaseConfig):
    """The autoencoder has no settings."""


class Objective(BaseObjective):
    """``Rec`` with ``z = mean``; logvar is never trained, so that there is no KL."""

    stochastic = False

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        return LossTerms(reconstruction, {"reconstruction": reconstruction.detach()})

"""beta-VAE: a VAE whose KL is weighted."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "β-VAE"
SOURCE = "Higgins et al. 2017, eq. 4"


class Config(BaseConfig):
    """Settings of beta-VAE."""

    beta: float = setting(
        4.0, "Weight of the KL: above 1 for axes, below 1 for sharp pictures", source="Higgins 2017, section 4.2", ge=0
    )


class Objective(BaseObjective):
    """``Rec + beta * KL``."""

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach()}
        return LossTerms(reconstruction + self.config.beta * kl, parts)

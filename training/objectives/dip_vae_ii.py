"""DIP-VAE-II: the covariance of the samples is driven to the identity."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.config import setting
from training.model.covariance import covariance, distance_from_identity
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "DIP-VAE-II"
SOURCE = "Kumar et al. 2018, eq. 7"


class Config(BaseConfig):
    """Settings of DIP-VAE-II."""

    l_od: float = setting(10.0, "Weight of the squared covariances between latents", source="Kumar 2018", ge=0)
    l_d: float | None = setting(
        None, "Weight of the variances' squared distance from 1; empty: l_od", source="Kumar 2018", ge=0
    )


class Objective(BaseObjective):
    """``Rec + KL + l_od sum_{i!=j} C_ij^2 + l_d sum_i (C_ii - 1)^2``, ``C = E[diag(exp(logvar))] + Cov[mean]``."""

    def covariance(self, posterior: Posterior) -> Tensor:
        """C of the batch: (latents, latents)."""
        return covariance(posterior.mean) + posterior.logvar.exp().mean(0).diag()

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Loss of one batch."""
        config = self.config
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        off_diagonal, diagonal = distance_from_identity(self.covariance(posterior))
        l_d = config.l_od if config.l_d is None else config.l_d
        total = reconstruction + kl + config.l_od * off_diagonal + l_d * diagonal
        parts = {"reconstruction": reconstruction, "kl": kl, "off_diagonal": off_diagonal, "diagonal": diagonal}
        return LossTerms(total, {name: part.detach() for name, part in parts.items()})

"""DIP-VAE: the covariance of the means (I) or of the samples (II) is driven to the identity."""

from types import SimpleNamespace

from torch import Tensor

from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective


class Config(BaseConfig):
    """Settings of DIP-VAE."""

    l_od: float = setting(10.0, "Weight of the squared covariances between latents", source="Kumar 2018", ge=0)
    l_d: float | None = setting(
        None,
        "Weight of the variances' squared distance from 1; empty: ten times l_od in DIP-VAE-I, l_od in DIP-VAE-II",
        source="Kumar 2018",
        ge=0,
    )


def covariance(points: Tensor) -> Tensor:
    """Return the covariance of the rows of ``points`` (batch, latents), divided by the batch size."""
    centred = points - points.mean(0)
    return centred.T @ centred / len(points)


class DipVaeI(Objective):
    """``Rec + KL + l_od sum_{i!=j} C_ij^2 + l_d sum_i (C_ii - 1)^2``, ``C = Cov[mean]``."""

    default_ratio = 10
    """``l_d`` over ``l_od`` where ``l_d`` is left open."""

    def covariance(self, posterior: Posterior) -> Tensor:
        """Return C of the batch: (latents, latents)."""
        return covariance(posterior.mean)

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        config = self.config
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        matrix = self.covariance(posterior)
        variances = matrix.diagonal()
        off_diagonal = matrix.square().sum() - variances.square().sum()
        diagonal = (variances - 1).square().sum()
        l_d = self.default_ratio * config.l_od if config.l_d is None else config.l_d
        total = reconstruction + kl + config.l_od * off_diagonal + l_d * diagonal
        parts = {"reconstruction": reconstruction, "kl": kl, "off_diagonal": off_diagonal, "diagonal": diagonal}
        return LossTerms(total, {name: part.detach() for name, part in parts.items()})


class DipVaeII(DipVaeI):
    """The same with ``C = E[diag(exp(logvar))] + Cov[mean]``, the covariance of the samples."""

    default_ratio = 1

    def covariance(self, posterior: Posterior) -> Tensor:
        """Return C of the batch: (latents, latents)."""
        return covariance(posterior.mean) + posterior.logvar.exp().mean(0).diag()


VARIANTS = {
    "i": SimpleNamespace(TITLE="DIP-VAE-I", SOURCE="Kumar et al. 2018, eq. 6", Config=Config, Objective=DipVaeI),
    "ii": SimpleNamespace(TITLE="DIP-VAE-II", SOURCE="Kumar et al. 2018, eq. 7", Config=Config, Objective=DipVaeII),
}

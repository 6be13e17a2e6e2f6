"""sigma-VAE: the noise of the pictures is learned, and with it the weight of the reconstruction."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, TaskSpec, kl_per_latent, squared_error
from training.model.objective import Objective as BaseObjective

TITLE = "σ-VAE"
SOURCE = "Rybkin et al. 2021, eq. 3 (learned) and 4 (optimal)"


class Config(BaseConfig):
    """Settings of sigma-VAE."""

    variant: Literal["learned", "optimal"] = setting(
        "learned", "One learned sigma, or the best one of each batch in closed form", source="Rybkin 2021, section 3"
    )
    log_sigma_min: float = setting(-6.0, "ln sigma stays above this", source="Rybkin 2021, code")


class Objective(BaseObjective):
    """``P ln(sigma) + SE / (2 sigma^2) + KL``, ``P`` values per image, ``SE`` squared error.

    The likelihood is part of the objective: the one chosen for the run is not used.
    """

    raw_log_sigma: Tensor

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task)
        self.pixels = task.image_shape[0] * task.image_shape[1] * task.image_shape[2]
        start = torch.zeros(())
        if config.variant == "learned":
            self.raw_log_sigma = nn.Parameter(start)
        else:
            self.register_buffer("raw_log_sigma", start)

    def log_sigma(self) -> Tensor:
        """Return ln(sigma); a learned one is soft-clipped from below, so that its gradient never vanishes."""
        raw, low = self.raw_log_sigma, self.config.log_sigma_min
        if self.config.variant == "optimal":
            return raw
        return torch.add(functional.softplus(raw - low), low)

    @torch.no_grad()
    def fit(self, error: Tensor) -> None:
        """Set sigma^2 = SE / P, which minimises the loss: the gradient through sigma is zero and is left out."""
        best = 0.5 * torch.log(error / self.pixels)
        self.raw_log_sigma.copy_(best.clamp_min(self.config.log_sigma_min))

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        error = squared_error(logits, images).mean()
        kl = kl_per_latent(posterior).sum(1).mean()
        if self.config.variant == "optimal" and self.training:
            self.fit(error)
        log_sigma = self.log_sigma()
        reconstruction = self.pixels * log_sigma + 0.5 * error * torch.exp(-2 * log_sigma)
        parts = {"reconstruction": reconstruction, "kl": kl, "squared_error": error, "sigma": log_sigma.exp()}
        return LossTerms(reconstruction + kl, {name: part.detach() for name, part in parts.items()})

    def learned_weights(self) -> dict[str, Tensor]:
        """Return ``sigma``, the standard deviation of a pixel."""
        return {"sigma": self.log_sigma().detach().exp()}

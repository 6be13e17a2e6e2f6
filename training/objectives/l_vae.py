"""L-VAE: the weights of reconstruction and KL are learned."""

import torch
from torch import Tensor, nn

from training.config import Config as BaseConfig
from training.model.losses import LossTerms, Posterior, TaskSpec, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "L-VAE"
SOURCE = "Mogultay Ozcan 2024, eq. 6.2 and 6.3"


class Config(BaseConfig):
    """L-VAE has no settings: its weights are learned."""


class Objective(BaseObjective):
    """``Rec / s0^2 + KL / s1^2 + s0^2 + s1^2``; ``ln s^2`` is stored, since ``1 / s^2`` has a pole at 0."""

    likelihood = "mse"  # chapter 6; the floor of a Bernoulli likelihood on grey values would drive beta_hat up

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task)
        self.log_squares = nn.Parameter(torch.zeros(2))

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        terms = torch.stack([reconstruction, kl])
        penalty = self.log_squares.exp().sum()
        total = (terms * (-self.log_squares).exp()).sum() + penalty
        parts = {"reconstruction": reconstruction, "kl": kl, "penalty": penalty}
        return LossTerms(total, {name: part.detach() for name, part in parts.items()})

    def learned_weights(self) -> dict[str, Tensor]:
        """Return ``s0``, ``s1`` and ``beta_hat = s0^2 / s1^2``, the beta-VAE this one amounts to."""
        s0, s1 = (0.5 * self.log_squares.detach()).exp()
        return {"s0": s0, "s1": s1, "beta_hat": (s0 / s1).square()}

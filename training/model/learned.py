"""Weights of the loss terms that are learned beside the model: mdL-VAE and its variants.

Mogultay Ozcan 2024, chapter 7. One scalar ``s_r`` weighs the reconstruction, one ``s_d`` per latent its KL:
``w(s_r) * Rec + sum_d w(s_d) * KL_d + penalty``. A variant says what ``w`` and the penalty are.
"""

import torch
from torch import Tensor, nn

from training.config import Config
from training.model.losses import LossTerms, Posterior, Problem, kl_per_latent
from training.model.objective import Objective


def gentle(square: Tensor) -> Tensor:
    """Weight ``g(s) = 1 / (1 + ln(1 + s^2))`` of eq. 7.2, in (0, 1], from ``square`` = s^2."""
    return 1 / (1 + torch.log1p(square))


class LearnedWeighting(Objective):
    """Base of the mdL-VAE family; every ``s`` starts at 1.

    Attributes
    ----------
    logarithmic : bool
        Store ``ln s^2`` instead of ``s``: for weights ``1 / s^2``, which have a pole at 0. The other kind
        may come to rest at ``s = 0``, which a logarithm cannot reach.
    """

    likelihood = "mse"  # chapter 7
    logarithmic = False

    def __init__(self, config: Config, problem: Problem) -> None:
        super().__init__(config, problem)
        start = torch.zeros if self.logarithmic else torch.ones
        self.reconstruction_scale = nn.Parameter(start(()))
        self.latent_scales = nn.Parameter(start(problem.latents))

    def weight(self, square: Tensor) -> Tensor:
        """Weight of a term from its ``s^2``, elementwise."""
        raise NotImplementedError

    def penalty(self, reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
        """Regulariser of all ``s^2``: scalar."""
        raise NotImplementedError

    def squares(self) -> tuple[Tensor, Tensor]:
        """Return ``s_r^2``, a scalar, and ``s_d^2``, (latents,)."""
        if self.logarithmic:
            return self.reconstruction_scale.exp(), self.latent_scales.exp()
        return self.reconstruction_scale.square(), self.latent_scales.square()

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).mean(0)
        of_reconstruction, of_latents = self.squares()
        penalty = self.penalty(of_reconstruction, of_latents)
        total = self.weight(of_reconstruction) * reconstruction + (self.weight(of_latents) * kl).sum() + penalty
        parts = {"reconstruction": reconstruction, "kl": kl.sum(), "penalty": penalty}
        return LossTerms(total, {name: part.detach() for name, part in parts.items()})

    def learned_weights(self) -> dict[str, Tensor]:
        """``sr``, a scalar, and ``sd``, (latents,); both are reported as positive."""
        of_reconstruction, of_latents = self.squares()
        return {"sr": of_reconstruction.detach().sqrt(), "sd": of_latents.detach().sqrt()}

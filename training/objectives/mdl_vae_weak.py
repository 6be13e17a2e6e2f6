"""mdL-VAE: one learned weight per latent, weakly regularised."""

import torch
from torch import Tensor

from training.config import Config as BaseConfig
from training.model.learned import LearnedWeighting, gentle

TITLE = "mdL-VAE, weak"
SOURCE = "Mogultay Ozcan 2024, eq. 7.3"


class Config(BaseConfig):
    """mdL-VAE, weak has no settings: its weights are learned."""


class Objective(LearnedWeighting):
    """``g(s_r) Rec + sum_d g(s_d) KL_d + s_r^2 + sum_d ln(1 + s_d^2) / D``."""

    def weight(self, square: Tensor) -> Tensor:
        """Weight of a term from its ``s^2``."""
        return gentle(square)

    def penalty(self, reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
        """Regulariser of all ``s^2``."""
        return reconstruction_square + torch.log1p(latent_squares).mean()

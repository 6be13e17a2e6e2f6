"""mdL-VAE, variant 3: inverse squares as weights, logarithmic regularisers."""

import torch
from torch import Tensor

from training.config import Config as BaseConfig
from training.model.learned import LearnedWeighting

TITLE = "mdL-VAE, variant 3"
SOURCE = "Mogultay Ozcan 2024, table 7.4"


class Config(BaseConfig):
    """mdL-VAE, variant 3 has no settings: its weights are learned."""


class Objective(LearnedWeighting):
    """``Rec / s_r^2 + sum_d KL_d / s_d^2 + ln(1 + s_r^2) + sum_d ln(1 + s_d^2)``."""

    logarithmic = True

    def weight(self, square: Tensor) -> Tensor:
        """Weight of a term from its ``s^2``."""
        return 1 / square

    def penalty(self, reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
        """Regulariser of all ``s^2``."""
        return torch.log1p(reconstruction_square) + torch.log1p(latent_squares).sum()

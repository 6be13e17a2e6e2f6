"""mdL-VAE: one learned weight per latent, strongly regularised."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.model.learned import LearnedWeighting, gentle

TITLE = "mdL-VAE, strong"
SOURCE = "Mogultay Ozcan 2024, eq. 7.2"


class Config(BaseConfig):
    """mdL-VAE, strong has no settings: its weights are learned."""


class Objective(LearnedWeighting):
    """``g(s_r) Rec + sum_d g(s_d) KL_d + s_r^2 + sum_d s_d^2``, ``g(s) = 1 / (1 + ln(1 + s^2))``."""

    def weight(self, square: Tensor) -> Tensor:
        """Weight of a term from its ``s^2``."""
        return gentle(square)

    def penalty(self, reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
        """Regulariser of all ``s^2``."""
        return reconstruction_square + latent_squares.sum()

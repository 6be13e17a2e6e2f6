"""mdL-VAE, variant 2: inverse squares as weights, squares as regularisers."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.model.learned import LearnedWeighting

TITLE = "mdL-VAE, variant 2"
SOURCE = "Mogultay Ozcan 2024, table 7.4"


class Config(BaseConfig):
    """mdL-VAE, variant 2 has no settings: its weights are learned."""


class Objective(LearnedWeighting):
    """``Rec / s_r^2 + sum_d KL_d / s_d^2 + s_r^2 + sum_d s_d^2``."""

    logarithmic = True

    def weight(self, square: Tensor) -> Tensor:
        """Weight of a term from its ``s^2``."""
        return 1 / square

    def penalty(self, reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
        """Regulariser of all ``s^2``."""
        return reconstruction_square + latent_squares.sum()

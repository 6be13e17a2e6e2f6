"""Two fully connected layers of 1200 units on either side."""

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, require_task

TITLE = "MLP 1200"
SOURCE = "Mogultay Ozcan 2024, table 3.1 (dSprites); the encoder is that of Higgins et al. 2017, table 1"

HIDDEN = 1200


class Config(BaseConfig):
    """mlp1200 has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build pixels, 1200, 1200, 2 * latents; and latents, 1200, 1200, pixels, all with ReLU.

    The decoder of Higgins et al. 2017 is another: three layers of 1200 with tanh.
    """
    side, channels = require_task("mlp1200", image_shape, latents)
    pixels = side * side * channels
    encoder = nn.Sequential(
        nn.Flatten(),
        nn.Linear(pixels, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, 2 * latents),
        GaussianHead(),
    )
    decoder = nn.Sequential(
        nn.Linear(latents, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, pixels),
        nn.Unflatten(1, (channels, side, side)),
    )
    return encoder, decoder

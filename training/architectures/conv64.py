"""The convolutional network of Higgins et al. 2017: four 4x4 convolutions of stride 2."""

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, doubling_convolutions, halving_convolutions, require_task

TITLE = "Conv 64"
SOURCE = "Higgins et al. 2017, table 1 (3D Chairs, CelebA)"

HIDDEN = 256


class Config(BaseConfig):
    """conv64 has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build four 4x4 convolutions of stride 2 (32, 32, 64, 64), a fully connected layer, and their mirror image.

    Images of 128x128 pixels pass one more convolution of 64 channels, so that 4x4 cells are left either way.
    """
    side, channels = require_task("conv64", image_shape, latents)
    widths = [channels, 32, 32, 64, 64] + ([64] if side == 128 else [])
    cells = widths[-1] * 16

    encoder = nn.Sequential(
        *halving_convolutions(widths),
        nn.Flatten(),
        nn.Linear(cells, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, 2 * latents),
        GaussianHead(),
    )

    up = doubling_convolutions(reversed(widths))
    decoder = nn.Sequential(
        nn.Linear(latents, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, cells),
        nn.Unflatten(1, (widths[-1], 4, 4)),
        *up,
    )
    return encoder, decoder

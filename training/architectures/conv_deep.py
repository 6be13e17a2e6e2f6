"""Convolutions down to a single cell, for data sets of renderings."""

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, doubling_convolutions, halving_convolutions, require_task

TITLE = "Conv deep"
SOURCE = "Mogultay Ozcan 2024, table 3.1 (MPI3D, Falcor3D, Isaac3D)"

LAST = 32
HIDDEN = 256
UP = (64, 64, 32, 32, 3)


class Config(BaseConfig):
    """conv_deep has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build 4x4 convolutions of stride 2 (32, 32, 64, 64), one 4x4 convolution (32) to a single cell, and back.

    The decoder is six transposed convolutions 4x4 of stride 2 (64, 64, 32, 32, 3, 3) from a single cell of 256
    channels: 1 pixel doubles six times to 64. The last has as many channels as the images, 3 in the source.
    Images of 128x128 pixels pass one more level of stride 2 with 64 channels on either side; the source has 64x64 only.
    """
    side, channels = require_task("conv_deep", image_shape, latents)
    widths = [channels, 32, 32, 64, 64] + ([64] if side == 128 else [])

    encoder = nn.Sequential(
        *halving_convolutions(widths),
        nn.Conv2d(widths[-1], LAST, 4),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(LAST, 2 * latents),
        GaussianHead(),
    )

    up = doubling_convolutions([HIDDEN, *([64] if side == 128 else []), *UP, channels])[1:]
    decoder = nn.Sequential(
        nn.Linear(latents, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (HIDDEN, 1, 1)),
        *up,
    )
    return encoder, decoder

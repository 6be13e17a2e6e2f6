"""A network of convolutions alone."""

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, doubling_convolutions, halving_convolutions, require_task

TITLE = "Fully convolutional"
SOURCE = "Xu & Li"


class Config(BaseConfig):
    """fullconv has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build five convolutions (32, 64, 128, 256, 256) to a single cell; one convolution and five transposed ones back.

    The heads of mean and logvar are 1x1 convolutions, computed as one of twice the width. Images of 128x128
    pixels pass one more convolution of stride 2 with 256 channels.
    """
    side, channels = require_task("fullconv", image_shape, latents)
    widths = [channels, 32, 64, 128, 256] + ([256] if side == 128 else [])

    encoder = nn.Sequential(
        *halving_convolutions(widths),
        nn.Conv2d(256, 256, 4),
        nn.ReLU(inplace=True),
        nn.Conv2d(256, 2 * latents, 1),
        nn.Flatten(),
        GaussianHead(),
    )

    up = doubling_convolutions(reversed(widths))
    decoder = nn.Sequential(
        nn.Unflatten(1, (latents, 1, 1)),
        nn.Conv2d(latents, 256, 1),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(256, 256, 4),
        *up,
    )
    return encoder, decoder

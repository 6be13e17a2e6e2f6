"""A network of convolutions alone."""

from itertools import pairwise

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, require_task

TITLE = "Fully convolutional"
SOURCE = "Xu & Li"


class Config(BaseConfig):
    """fullconv has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Five convolutions (32, 64, 128, 256, 256) to a single cell; one convolution and five transposed ones back.

    The heads of mean and logvar are 1x1 convolutions, computed as one of twice the width. Images of 128x128
    pixels pass one more convolution of stride 2 with 256 channels.
    """
    side, channels = require_task("fullconv", image_shape, latents)
    widths = [channels, 32, 64, 128, 256] + ([256] if side == 128 else [])

    down: list[nn.Module] = []
    for before, after in pairwise(widths):
        down += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
    encoder = nn.Sequential(
        *down,
        nn.Conv2d(256, 256, 4),
        nn.ReLU(inplace=True),
        nn.Conv2d(256, 2 * latents, 1),
        nn.Flatten(),
        GaussianHead(),
    )

    up: list[nn.Module] = []
    for before, after in pairwise(reversed(widths)):
        up += [nn.ReLU(inplace=True), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
    decoder = nn.Sequential(
        nn.Unflatten(1, (latents, 1, 1)),
        nn.Conv2d(latents, 256, 1),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(256, 256, 4),
        *up,
    )
    return encoder, decoder

"""conv64 with batch norm and a narrower fully connected layer."""

from itertools import pairwise

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, require_task

TITLE = "Conv 64, batch norm"
SOURCE = "Thesis on the dimensionality of latent spaces, table 2"

HIDDEN = 128


class Config(BaseConfig):
    """conv64_bn has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build conv64 with batch norm after every layer but the outputs; those layers need no bias of their own.

    Images of 128x128 pixels pass one more convolution of 64 channels, so that 4x4 cells are left either way.
    """
    side, channels = require_task("conv64_bn", image_shape, latents)
    widths = [channels, 32, 32, 64, 64] + ([64] if side == 128 else [])
    cells = widths[-1] * 16

    down: list[nn.Module] = []
    for before, after in pairwise(widths):
        down += [
            nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    encoder = nn.Sequential(
        *down,
        nn.Flatten(),
        nn.Linear(cells, HIDDEN, bias=False),
        nn.BatchNorm1d(HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, 2 * latents),
        GaussianHead(),
    )

    up: list[nn.Module] = []
    for before, after in pairwise(widths[:0:-1]):
        up += [
            nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    decoder = nn.Sequential(
        nn.Linear(latents, HIDDEN, bias=False),
        nn.BatchNorm1d(HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, cells, bias=False),
        nn.BatchNorm1d(cells),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (widths[-1], 4, 4)),
        *up,
        nn.ConvTranspose2d(widths[1], channels, 4, stride=2, padding=1),
    )
    return encoder, decoder

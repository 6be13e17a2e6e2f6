"""The convolutional network of disentanglement_lib, which Locatello et al. 2019 train everywhere."""

from itertools import pairwise

from torch import nn

from training.config import Config as BaseConfig
from training.model.layers import GaussianHead, doubling_convolutions, halving_convolutions, require_task

TITLE = "Conv 64, disentanglement_lib"
SOURCE = "Locatello et al. 2019, supplement; disentanglement_lib, conv_encoder and deconv_decoder"

HIDDEN = 256


class Config(BaseConfig):
    """conv64_locatello has no settings."""


def build(image_shape: tuple[int, int, int], latents: int) -> tuple[nn.Module, nn.Module]:
    """Build convolutions of stride 2, 4x4 (32, 32), then 2x2 (64, 64), FC 256; a decoder of 4x4 transposed ones.

    Images of 128x128 pixels pass one more 2x2 convolution of 64 channels (the source has 64x64 only), so that
    4x4 cells are left either way.
    """
    side, channels = require_task("conv64_locatello", image_shape, latents)
    more = [64] if side == 128 else []
    cells = 64 * 16

    down = halving_convolutions([channels, 32, 32])
    for before, after in pairwise([32, 64, 64, *more]):
        down += [nn.Conv2d(before, after, 2, stride=2), nn.ReLU(inplace=True)]
    encoder = nn.Sequential(
        *down,
        nn.Flatten(),
        nn.Linear(cells, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, 2 * latents),
        GaussianHead(),
    )

    up = doubling_convolutions([*more, 64, 64, 32, 32, channels])
    decoder = nn.Sequential(
        nn.Linear(latents, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Linear(HIDDEN, cells),
        nn.Unflatten(1, (64, 4, 4)),
        *up,
    )
    return encoder, decoder

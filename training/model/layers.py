"""Layers that several architectures share."""

from collections.abc import Iterable
from itertools import pairwise

from torch import Tensor, nn

from models_zoo.errors import InvalidInput

SIDES = (64, 128)
CHANNELS = (1, 3)


class GaussianHead(nn.Module):
    """Split the last layer's (batch, 2 * latents) into mean and logvar, each (batch, latents)."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Halve ``features``."""
        mean, logvar = features.chunk(2, dim=1)
        return mean, logvar


def halving_convolutions(widths: Iterable[int]) -> list[nn.Module]:
    """Return a 4x4 convolution of stride 2 and a ReLU from each of these numbers of channels to the next."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
    return layers


def doubling_convolutions(widths: Iterable[int]) -> list[nn.Module]:
    """Return a ReLU and a 4x4 transposed convolution of stride 2 from each of these numbers of channels to the next."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.ReLU(inplace=True), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
    return layers


def require_task(architecture: str, image_shape: tuple[int, int, int], latents: int) -> tuple[int, int]:
    """Check the images and latents of a network; return the side in pixels and the number of channels.

    Raises
    ------
    InvalidInput
        If the images are not 64x64 or 128x128 with 1 or 3 channels, or there is no latent.
    """
    height, width, channels = image_shape
    if height != width or height not in SIDES or channels not in CHANNELS:
        message = (
            f"got images of {height}x{width} pixels with {channels} channels; allowed for {architecture}: 64x64 or "
            "128x128 with 1 or 3 channels; resize them first"
        )
        raise InvalidInput(message, field="/image_shape", allowed=[[s, s, c] for s in SIDES for c in CHANNELS])
    if latents < 1:
        raise InvalidInput(f"got {latents} latents; allowed: at least 1; choose more", field="/latents", allowed=">= 1")
    return height, channels

"""Terms of the objectives: sums over pixels or latents, nats; one number per image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Likelihood = Callable[[Tensor, Tensor], Tensor]


class Posterior(NamedTuple):
    """Diagonal Gaussian q(z|x): ``mean`` and ``logvar``, float32 (batch, latents)."""

    mean: Tensor
    logvar: Tensor

    def at(self, noise: Tensor) -> Tensor:
        """Return ``mean + exp(logvar / 2) * noise`` of standard normal noise (batch, latents): (batch, latents)."""
        return self.mean + torch.exp(0.5 * self.logvar) * noise

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """Draw a point of each posterior from ``generator``, by default torch's global one: (batch, latents)."""
        mean = self.mean
        return self.at(torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype))


class LossTerms(NamedTuple):
    """Loss of one step, and its named parts for the log.

    ``total`` is a scalar with gradient, nats per image; ``parts`` maps names to detached scalars.
    """

    total: Tensor
    parts: dict[str, Tensor]


@dataclass(frozen=True)
class TaskSpec:
    """Properties of the task that an objective may use.

    Parameters
    ----------
    dataset_size : int
        Number of training images N (beta-TCVAE's weights need it).
    latents : int
        Number of latents D.
    image_shape : tuple of int
        Height, width, channels.
    likelihood : callable
        ``(logits, images) -> (batch,)`` negative log-likelihood, nats per image.
    """

    dataset_size: int
    latents: int
    image_shape: tuple[int, int, int]
    likelihood: Likelihood


def bernoulli(logits: Tensor, images: Tensor) -> Tensor:
    """Return the binary cross-entropy summed over pixels, (batch,): -sum x log p + (1 - x) log(1 - p)."""
    return functional.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)


def squared_error(logits: Tensor, images: Tensor) -> Tensor:
    """Return the squared error summed over pixels, (batch,), of the decoded image ``sigmoid(logits)``."""
    return (torch.sigmoid(logits) - images).square().flatten(1).sum(1)


def gaussian(logits: Tensor, images: Tensor, sigma: float = 1.0) -> Tensor:
    """Return the Gaussian negative log-likelihood with fixed ``sigma``, constant included, (batch,)."""
    pixels = images[0].numel()
    constant = pixels * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    return squared_error(logits, images) / (2 * sigma**2) + constant


LIKELIHOODS: dict[str, Likelihood] = {"bernoulli": bernoulli, "mse": squared_error, "gaussian": gaussian}


def kl_per_latent(posterior: Posterior) -> Tensor:
    """Return KL(q(z_d|x) || N(0, 1)) = (mu^2 + exp(logvar) - 1 - logvar) / 2, (batch, latents), nats.

    Kingma & Welling 2014, appendix B.
    """
    mean, logvar = posterior
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)

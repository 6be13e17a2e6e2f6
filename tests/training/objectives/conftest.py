from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from training.config import build
from training.model.losses import LIKELIHOODS, LossTerms, Posterior, TaskSpec
from training.model.objective import Objective
from training.registry import OBJECTIVES

LATENTS = 3
IMAGE_SHAPE = (4, 4, 2)


class Batch(NamedTuple):
    """What one step hands to an objective; every tensor is a leaf that wants a gradient but the images."""

    images: Tensor
    logits: Tensor
    posterior: Posterior
    latent: Tensor


@pytest.fixture
def batch() -> Batch:
    draw = torch.Generator().manual_seed(7)
    height, width, channels = IMAGE_SHAPE
    images = torch.rand(10, channels, height, width, generator=draw)
    logits = torch.randn(images.shape, generator=draw).requires_grad_()
    mean = torch.randn(10, LATENTS, generator=draw).requires_grad_()
    logvar = (0.5 * torch.randn(10, LATENTS, generator=draw)).requires_grad_()
    latent = mean + torch.exp(0.5 * logvar) * torch.randn(10, LATENTS, generator=draw)
    return Batch(images, logits, Posterior(mean, logvar), latent)


@pytest.fixture
def make() -> Callable[..., Objective]:
    """Objective by name: ``make("beta_vae", beta=2)``; `likelihood` and `dataset_size` are the task's."""

    def factory(name: str, likelihood: str = "bernoulli", dataset_size: int = 1000, **settings: Any) -> Objective:
        plugin = OBJECTIVES.load(name)
        task = TaskSpec(dataset_size, LATENTS, IMAGE_SHAPE, LIKELIHOODS[likelihood])
        return plugin.Objective(build(plugin.Config, settings), task)

    return factory


@pytest.fixture
def loss(make, batch) -> Callable[..., LossTerms]:
    """Loss of the batch: ``loss("beta_vae", beta=2)``, or of an objective already made."""

    def evaluate(objective: str | Objective, step: int = 0, **settings: Any) -> LossTerms:
        made = make(objective, **settings) if isinstance(objective, str) else objective
        torch.manual_seed(0)
        return made(*batch, step)

    return evaluate

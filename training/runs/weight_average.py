"""Exponential moving average of the weights of a model."""

import copy
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def average_of(model: M) -> M:
    """Return a copy of ``model`` in evaluation mode, without gradients, that `update` moves."""
    return copy.deepcopy(model).eval().requires_grad_(False)


@torch.no_grad()
def update(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the weights after ``step`` steps: ``a <- d a + (1 - d) w``.

    ``d = min(decay, (1 + step) / (10 + step))``, so that the random weights of the start lose their share early
    (TensorFlow, ``tf.train.ExponentialMovingAverage`` with ``num_updates``). Running statistics of batch norm are
    averaged too; integers are copied.
    """
    weight = 1 - min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, weight)
        else:
            kept.copy_(new)

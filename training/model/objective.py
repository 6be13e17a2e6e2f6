"""The contract between the trainer and an objective.

A plugin file `training/objectives/NAME.py` has a ``Config`` (its settings) and an ``Objective`` that
subclasses `Objective` here. Learned weights are ``nn.Parameter``, controller state is a buffer: both
are then trained, saved and resumed with no further code.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from training.config import Config
from training.model.losses import LossTerms, Posterior, TaskSpec


class Objective(nn.Module):
    """Loss of a model.

    Attributes
    ----------
    stochastic : bool
        False where the decoder gets the posterior mean (``ae``).
    likelihood : str or None
        Reconstruction term that its source uses and its balance depends on: a run that names none gets it. None
        where any will do.
    adversary : nn.Module or None
        A network with an optimiser of its own. Its parameters are frozen during the main step.
    generator : torch.Generator or None
        Source of what the objective draws, that of the run; None for torch's global generator.
    scheduled : mapping of str to Tensor or None
        Tensors that stand for the numbers of `schedule` while a captured step is replayed.
    """

    stochastic = True
    likelihood: str | None = None
    adversary: nn.Module | None

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__()
        self.adversary = None
        self.generator: torch.Generator | None = None
        self.scheduled: Mapping[str, Tensor] | None = None
        self.config: Any = config
        self.task = task

    def schedule(self, step: int) -> dict[str, float]:  # noqa: ARG002 - most objectives have none
        """Return the numbers of the loss that follow from the step alone, by name; empty for most."""
        return {}

    def at_step(self, step: int, name: str, device: torch.device) -> Tensor:
        """Return number ``name`` of the schedule as a float64 scalar.

        `forward` reads it here, since a captured step (`training.runs.captured_step`) repeats the kernels of one step
        and would repeat its number.
        """
        if self.scheduled is not None:
            return self.scheduled[name]
        return torch.full((), self.schedule(step)[name], dtype=torch.float64, device=device)

    def reconstruction(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return the mean negative log-likelihood of the batch: scalar, nats per image."""
        return self.task.likelihood(logits, images).mean()

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:
        """Return the loss of one batch.

        Parameters
        ----------
        images : float32 (batch, channels, height, width) in [0, 1]
        logits : float32, same shape, the decoder's output before the sigmoid
        posterior : Posterior
        latent : float32 (batch, latents), the point that was decoded
        step : int
            Steps done before this one.
        """
        raise NotImplementedError

    def adversary_loss(self, latent: Tensor, second: Tensor) -> LossTerms:
        """Return the loss of ``adversary`` on the detached points of two independent batches, each (batch, latents)."""
        raise NotImplementedError

    def adversary_optimizer(self) -> dict[str, Any]:
        """Return the keyword arguments of the adversary's Adam."""
        return {"lr": 1e-4, "betas": (0.5, 0.9)}

    def learned_weights(self) -> dict[str, Tensor]:
        """Return learned weights and controller outputs by name, for log and manifest; empty for most."""
        return {}

"""The contract between the trainer and an objective.

A plugin file `training/objectives/NAME.py` has a ``Config`` (its settings) and an ``Objective`` that
subclasses `Objective` here. Learned weights are ``nn.Parameter``, controller state is a buffer: both
are then trained, saved and resumed with no further code.
"""

from typing import Any

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
    """

    stochastic = True
    likelihood: str | None = None
    adversary: nn.Module | None

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__()
        self.adversary = None
        self.config: Any = config
        self.task = task

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

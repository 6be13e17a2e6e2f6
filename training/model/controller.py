"""Weights of the KL that a controller moves after every batch: ControlVAE and DynamicVAE."""

import torch
from torch import Tensor

from training.model.losses import LossTerms, Posterior, Problem, kl_per_latent
from training.model.objective import Objective
from training.model.schedules import ControllerConfig, set_point


class ControlledBeta(Objective):
    """``Rec + beta(t) KL``; a subclass says in ``control`` how ``beta`` follows the KL that was measured.

    Parameters
    ----------
    config : ControllerConfig
    problem : Problem
    beta : float
        Weight at the start.
    """

    beta: Tensor

    def __init__(self, config: ControllerConfig, problem: Problem, *, beta: float) -> None:
        super().__init__(config, problem)
        self.register_buffer("beta", torch.tensor(beta, dtype=torch.float64))

    def control(self, kl: Tensor, goal: float) -> None:
        """One step of the controller at the measured ``kl`` (scalar) and the set point ``goal``, nats."""
        raise NotImplementedError

    def goal(self, step: int) -> float:
        """KL wanted after ``step`` steps, nats."""
        return set_point(self.config, step)

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Loss of one batch; the controller moves in training mode only."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        goal = self.goal(step)
        if self.training:
            self.control(kl.detach(), goal)
        beta = self.beta.to(kl.dtype)
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach(), "beta": beta}
        return LossTerms(reconstruction + beta * kl, {**parts, "set_point": kl.new_tensor(goal)})

    def learned_weights(self) -> dict[str, Tensor]:
        """``beta`` of the last step."""
        return {"beta": self.beta.clone()}

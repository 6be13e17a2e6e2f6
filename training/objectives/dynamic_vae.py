"""DynamicVAE: an incremental PI controller lowers beta from a high start until the KL meets a set point."""

from typing import Self

import torch
from torch import Tensor

from training.config import setting
from training.model.controller import ControlledBeta, ControllerConfig, set_point
from training.model.losses import TaskSpec

TITLE = "DynamicVAE"
SOURCE = "Shao et al. 2020b, eq. 6 and algorithm 1"

RAMP_PARTS = 6
"""A raise is spread over one of this many parts of the time between two raises."""


class Config(ControllerConfig):
    """Settings of DynamicVAE."""

    kp: float = setting(0.01, "Proportional gain", source="Shao 2020b, section 5", ge=0)
    ki: float = setting(0.005, "Integral gain", source="Shao 2020b, section 5", ge=0)
    beta_start: float = setting(150.0, "Weight of the KL term at the first step", source="Shao 2020b, section 5", ge=0)
    beta_min: float = setting(0.1, "Least beta", source="Shao 2020b, code", ge=0)
    beta_max: float = setting(1000.0, "Greatest beta", source="ours: no value is published", gt=0)
    v_ramp: int | None = setting(
        None,
        "Steps over which a raise is spread; none spreads it over a sixth of v_every where that is left open too, and "
        "raises at once where it is given",
        unit="steps",
        scales_with_steps=True,
        source="Shao 2020b, code: 1,000 of every 6,000",
        ge=1,
    )
    window: int = setting(
        5,
        "Steps over which the KL is averaged, the present one included",
        unit="steps",
        scales_with_steps=False,
        source="Shao 2020b",
        ge=1,
    )

    def for_run(self, steps: int) -> Self:
        """Work out ``v_every`` and ``v_ramp`` where both are left open."""
        worked_out = super().for_run(steps)
        if self.v_every is not None or self.v_ramp is not None or worked_out.v_every is None:
            return worked_out
        return worked_out.model_copy(update={"v_ramp": max(1, worked_out.v_every // RAMP_PARTS)})


class Objective(ControlledBeta):
    """``Rec + beta(t) KL``, ``beta(t) = beta(t-1) + Kp (s(-e(t)) - s(-e(t-1))) - Ki e(t)``, ``s`` logistic.

    ``e`` is the set point less the moving average of the KL; before the first step it is taken to have been
    what it is then. The rule integrates in beta itself: clamping beta clamps the integral.
    """

    recent: Tensor
    seen: Tensor
    error: Tensor

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task, beta=config.beta_start)
        self.register_buffer("recent", torch.zeros(config.window, dtype=torch.float64))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("error", torch.zeros((), dtype=torch.float64))

    def goal(self, step: int) -> float:
        """Return the set point of the KL after ``step`` steps, nats: steps and ramps in turn."""
        return set_point(self.config, step, self.config.v_ramp or 0)

    @torch.no_grad()
    def control(self, kl: Tensor, goal: Tensor | float) -> None:
        """Move beta by one step, from the measured ``kl`` (scalar) and the set point ``goal``, nats."""
        config = self.config
        self.recent.copy_(torch.cat([self.recent[1:], kl.double().reshape(1)]))
        error = goal - self.recent.sum() / (self.seen + 1).clamp(max=config.window)
        before = torch.where(self.seen == 0, error, self.error)
        change = config.kp * (torch.sigmoid(-error) - torch.sigmoid(-before)) - config.ki * error
        self.beta.add_(change).clamp_(config.beta_min, config.beta_max)
        self.error.copy_(error)
        self.seen.add_(1)

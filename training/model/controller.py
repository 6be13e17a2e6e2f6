"""Weight of the KL that a controller changes after every batch: ControlVAE and DynamicVAE."""

import math
from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor

from training.config import Config, setting
from training.model.losses import LossTerms, Posterior, TaskSpec, kl_per_latent
from training.model.objective import Objective

SHARE = 0.39
"""Share of the run after which the set point is reached, in both published codes: 585,000 of 1.5 million steps in
ControlVAE's for dSprites (run_dsprites_pid_c18.sh), 780,000 of 2 million in DynamicVAE's (run_dynamic.sh)."""
PUBLISHED_EVERY = 5_000


class ControllerConfig(Config):
    """Settings of a controller of beta whose KL set point is raised in small steps from ``v_start`` to ``v_kl``."""

    v_kl: float = setting(18.0, "KL that the controller holds at the end", unit="nats", source="Shao 2020", ge=0)
    v_start: float = setting(0.5, "Set point of the first step", unit="nats", source="Shao 2020, code", ge=0)
    v_step: float = setting(0.15, "How much the set point is raised at a time", unit="nats", source="Shao 2020", gt=0)
    v_every: int | None = setting(
        None,
        "Steps between two raises; none reaches v_kl after 39 % of the run, as the published runs do",
        unit="steps",
        scales_with_steps=True,
        source="Shao 2020, code: 5,000 in a run of 1.5 million",
        ge=1,
    )
    beta_min: float = setting(0.0, "Least beta", source="Shao 2020", ge=0)
    beta_max: float = setting(
        100.0, "Greatest beta", source="ours: algorithm 1 of Shao 2020 has the limit, no value is published", gt=0
    )

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.beta_min > self.beta_max:
            raise ValueError(
                f"got beta_min {self.beta_min:g} above beta_max {self.beta_max:g}; allowed: beta_min up to beta_max; "
                "exchange them"
            )
        return self

    def for_run(self, steps: int) -> Self:
        """Spread the raises over the first 39 % of the run where ``v_every`` is left open."""
        if self.v_every is not None:
            return self
        raises = max(1, math.ceil((self.v_kl - self.v_start) / self.v_step))
        return self.model_copy(update={"v_every": max(1, int(SHARE * steps / raises))})


def set_point(config: ControllerConfig, step: int, ramp: int = 0) -> float:
    """Return the set point of the KL after ``step`` steps, nats; a start above the goal is the goal.

    Parameters
    ----------
    config : ControllerConfig
    step : int
    ramp : int
        Steps over which each raise is spread evenly, the first of them included; 0 raises at once.
    """
    raises, since = divmod(step, config.v_every or PUBLISHED_EVERY)
    done = raises - max(0.0, 1 - (since + 1) / ramp) if raises and ramp else raises
    return min(config.v_kl, config.v_start + done * config.v_step)


class ControlledBeta(Objective):
    """``Rec + beta(t) KL``; a subclass defines in ``control`` how ``beta`` follows the measured KL.

    Parameters
    ----------
    config : ControllerConfig
    task : TaskSpec
    beta : float
        Weight at the start.
    """

    beta: Tensor

    def __init__(self, config: ControllerConfig, task: TaskSpec, *, beta: float) -> None:
        super().__init__(config, task)
        self.register_buffer("beta", torch.tensor(beta, dtype=torch.float64))

    def control(self, kl: Tensor, goal: Tensor | float) -> None:
        """Move beta by one step, from the measured ``kl`` (scalar) and the set point ``goal``, nats."""
        raise NotImplementedError

    def goal(self, step: int) -> float:
        """Return the set point of the KL after ``step`` steps, nats."""
        return set_point(self.config, step)

    def schedule(self, step: int) -> dict[str, float]:
        """Return the set point."""
        return {"set_point": self.goal(step)}

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch; the controller moves in training mode only."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        goal = self.at_step(step, "set_point", kl.device)
        if self.training:
            self.control(kl.detach(), goal)
        beta = self.beta.to(kl.dtype)
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach(), "beta": beta}
        return LossTerms(reconstruction + beta * kl, {**parts, "set_point": goal.to(kl.dtype)})

    def learned_weights(self) -> dict[str, Tensor]:
        """Return ``beta`` of the last step."""
        return {"beta": self.beta.clone()}

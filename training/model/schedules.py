"""Quantities that change with the step by a rule known beforehand."""

import math
from typing import Self

from pydantic import model_validator

from training.config import Config, setting

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
            raise ValueError(f"beta_min {self.beta_min:g} is above beta_max {self.beta_max:g}")
        return self

    def for_run(self, steps: int) -> Self:
        """Spread the raises over the first 39 % of the run where ``v_every`` is left open."""
        if self.v_every is not None:
            return self
        raises = max(1, math.ceil((self.v_kl - self.v_start) / self.v_step))
        return self.model_copy(update={"v_every": max(1, int(SHARE * steps / raises))})


def linear_ramp(goal: float, steps: int, step: int) -> float:
    """Grow linearly from 0 to ``goal`` over ``steps``, then stay."""
    return goal * min(1.0, step / steps)


def set_point(config: ControllerConfig, step: int, ramp: int = 0) -> float:
    """KL wanted after ``step`` steps, nats; a start above the goal is the goal.

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

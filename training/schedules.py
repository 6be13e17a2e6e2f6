"""Quantities that change with the step by a rule known beforehand."""

from typing import Self

from pydantic import model_validator

from training.config import Config, setting


class ControllerConfig(Config):
    """Settings of a controller of beta whose KL set point is raised in small steps from ``v_start`` to ``v_kl``."""

    v_kl: float = setting(18.0, "KL that the controller holds at the end", unit="nats", source="Shao 2020", ge=0)
    v_start: float = setting(0.5, "Set point of the first step", unit="nats", source="Shao 2020", ge=0)
    v_step: float = setting(0.15, "How much the set point is raised at a time", unit="nats", source="Shao 2020", gt=0)
    v_every: int = setting(5000, "Steps between two raises", unit="steps", source="Shao 2020", ge=1)
    beta_min: float = setting(0.0, "Least beta", source="Shao 2020", ge=0)
    beta_max: float = setting(100.0, "Greatest beta", source="Shao 2020, code", gt=0)

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.beta_min > self.beta_max:
            raise ValueError(f"beta_min {self.beta_min:g} is above beta_max {self.beta_max:g}")
        return self


def linear_ramp(goal: float, steps: int, step: int) -> float:
    """Grow linearly from 0 to ``goal`` over ``steps``, then stay."""
    return goal * min(1.0, step / steps)


def set_point(config: ControllerConfig, step: int) -> float:
    """KL asked for after ``step`` steps, nats; a start above the goal is the goal."""
    raises = step // config.v_every
    return min(config.v_kl, config.v_start + raises * config.v_step)

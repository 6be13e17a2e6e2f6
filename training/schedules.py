"""Quantities that change with the step by a rule known beforehand."""

import math

from training.config import Config, setting


class SetPointConfig(Config):
    """Settings of a KL set point that is raised in small steps from ``v_start`` to ``v_kl``."""

    v_kl: float = setting(18.0, "KL that the controller holds at the end", unit="nats", source="Shao 2020", ge=0)
    v_start: float = setting(0.5, "Set point of the first step", unit="nats", source="Shao 2020", ge=0)
    v_step: float = setting(0.15, "How much the set point is raised at a time", unit="nats", source="Shao 2020", gt=0)
    v_every: int = setting(5000, "Steps between two raises", unit="steps", source="Shao 2020", ge=1)


def linear_ramp(goal: float, steps: int, step: int) -> float:
    """Grow linearly from 0 to ``goal`` over ``steps``, then stay."""
    return goal * min(1.0, step / steps)


def set_point(config: SetPointConfig, step: int) -> float:
    """KL asked for after ``step`` steps, nats; a start above the goal is the goal."""
    raises = math.floor(step / config.v_every)
    return min(config.v_kl, config.v_start + raises * config.v_step)

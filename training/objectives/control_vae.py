"""ControlVAE: a PI controller moves beta so that the KL meets a set point."""

import torch
from torch import Tensor

from training.config import setting
from training.model.controller import ControlledBeta, ControllerConfig
from training.model.losses import TaskSpec

TITLE = "ControlVAE"
SOURCE = "Shao et al. 2020, eq. 5 and algorithm 1"


class Config(ControllerConfig):
    """Settings of ControlVAE."""

    kp: float = setting(0.01, "Proportional gain", source="Shao 2020, section 5", ge=0)
    ki: float = setting(0.001, "Integral gain", source="Shao 2020, section 5", ge=0)
    beta_start: float = setting(0.0, "Integral at the start, beta(0)", source="Shao 2020", ge=0)


class Objective(ControlledBeta):
    """``Rec + beta(t) KL``, ``beta(t) = Kp / (1 + exp(e)) - Ki sum_j e(j) + beta_min``, ``e = v_kl - KL``.

    The integral is constant while beta is clamped and the error would drive it further out (conditional
    integration), and changes again as soon as the error changes its sign. This differs from the source: algorithm 1
    and the published code stop the integral whenever the last beta, before clamping, was outside its limits. Only the
    integral can bring it back inside (the proportional part is at most ``kp``): such a controller never moves again.
    """

    integral: Tensor

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task, beta=config.beta_start + config.beta_min)
        self.register_buffer("integral", torch.tensor(config.beta_start, dtype=torch.float64))

    @torch.no_grad()
    def control(self, kl: Tensor, goal: Tensor | float) -> None:
        """Move beta by one step, from the measured ``kl`` (scalar) and the set point ``goal``, nats."""
        config = self.config
        error = goal - kl.double()
        proportional = config.kp * torch.sigmoid(-error) + config.beta_min
        integral = self.integral - config.ki * error
        beta = proportional + integral
        winding = ((beta > config.beta_max) & (error < 0)) | ((beta < config.beta_min) & (error > 0))
        self.integral.copy_(torch.where(winding, self.integral, integral))
        self.beta.copy_((proportional + self.integral).clamp(config.beta_min, config.beta_max))

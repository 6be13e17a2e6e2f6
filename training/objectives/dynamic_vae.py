"""DynamicVAE: an incremental PI controller lowers beta from a high start until the KL meets a set point."""

import torch
from torch import Tensor

from training.config import setting
from training.losses import LossTerms, Posterior, Problem, kl_per_latent
from training.objective import Objective as BaseObjective
from training.schedules import ControllerConfig, set_point

TITLE = "DynamicVAE"
SOURCE = "Shao et al. 2020b, eq. 6 and algorithm 1"


class Config(ControllerConfig):
    """Settings of DynamicVAE."""

    kp: float = setting(0.01, "Proportional gain", source="Shao 2020b, section 5", ge=0)
    ki: float = setting(0.005, "Integral gain", source="Shao 2020b, section 5", ge=0)
    beta_start: float = setting(150.0, "Weight of the KL term at the first step", source="Shao 2020b, section 5", ge=0)
    beta_max: float = setting(1000.0, "Greatest beta", gt=0)
    window: int = setting(
        5, "Steps over which the KL is averaged, the present one included", unit="steps", source="Shao 2020b", ge=1
    )


class Objective(BaseObjective):
    """``Rec + beta(t) KL``, ``beta(t) = beta(t-1) + Kp (s(-e(t)) - s(-e(t-1))) - Ki e(t)``, ``s`` logistic.

    ``e`` is the set point less the moving average of the KL; before the first step it is taken to have been
    what it is then. The rule integrates in beta itself: clamping beta clamps the integral.
    """

    beta: Tensor
    recent: Tensor
    seen: Tensor
    error: Tensor

    def __init__(self, config: Config, problem: Problem) -> None:
        super().__init__(config, problem)
        self.register_buffer("beta", torch.tensor(config.beta_start, dtype=torch.float64))
        self.register_buffer("recent", torch.zeros(config.window, dtype=torch.float64))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))
        self.register_buffer("error", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def control(self, kl: Tensor, goal: float) -> None:
        """One step of the controller at the measured ``kl`` (scalar) and the set point ``goal``, nats."""
        config = self.config
        self.recent.copy_(torch.cat([self.recent[1:], kl.double().reshape(1)]))
        error = goal - self.recent.sum() / (self.seen + 1).clamp(max=config.window)
        before = torch.where(self.seen == 0, error, self.error)
        change = config.kp * (torch.sigmoid(-error) - torch.sigmoid(-before)) - config.ki * error
        self.beta.add_(change).clamp_(config.beta_min, config.beta_max)
        self.error.copy_(error)
        self.seen.add_(1)

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Loss of one batch; the controller moves in training mode only."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        goal = set_point(self.config, step)
        if self.training:
            self.control(kl.detach(), goal)
        beta = self.beta.to(kl.dtype)
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach(), "beta": beta}
        return LossTerms(reconstruction + beta * kl, {**parts, "set_point": kl.new_tensor(goal)})

    def learned_weights(self) -> dict[str, Tensor]:
        """``beta`` of the last step."""
        return {"beta": self.beta.clone()}

"""Annealed VAE: the KL is held to a capacity that grows."""

from torch import Tensor

from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "Annealed VAE"
SOURCE = "Burgess et al. 2018, eq. 8"


class Config(BaseConfig):
    """Settings of the annealed VAE."""

    gamma: float = setting(
        1000.0, "Weight of the distance between KL and capacity", source="Burgess 2018, section 5.2", ge=0
    )
    c_max: float = setting(25.0, "Capacity at the end of the ramp", unit="nats", source="Burgess 2018, fig. 3", ge=0)
    iteration_threshold: int = setting(
        100_000,
        "Steps over which the capacity grows linearly from 0",
        unit="steps",
        scales_with_steps=True,
        source="Burgess 2018",
        ge=1,
    )


class Objective(BaseObjective):
    """``Rec + gamma * |KL - C(t)|``, ``C`` linear from 0 to ``c_max`` over ``iteration_threshold`` steps."""

    def capacity(self, step: int) -> float:
        """Return the capacity C(t) after ``step`` steps, nats."""
        return float(self.config.c_max * min(1.0, step / self.config.iteration_threshold))

    def schedule(self, step: int) -> dict[str, float]:
        """Return the capacity."""
        return {"capacity": self.capacity(step)}

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        capacity = self.at_step(step, "capacity", kl.device).to(kl.dtype)
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach(), "capacity": capacity}
        return LossTerms(reconstruction + self.config.gamma * (kl - capacity).abs(), parts)

"""FactorVAE: total correlation, estimated by a discriminator, is minimised."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models_zoo.errors import InvalidInput
from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, TaskSpec, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "FactorVAE"
SOURCE = "Kim & Mnih 2018, eq. 2 and algorithm 2"

JOINT, PERMUTED = 0, 1


class Config(BaseConfig):
    """Settings of FactorVAE."""

    gamma: float = setting(40.0, "Weight of the total correlation", source="Kim & Mnih 2018, section 5", ge=0)
    layers: int = setting(6, "Hidden layers of the discriminator", source="Kim & Mnih 2018, appendix A", ge=1)
    units: int = setting(
        1000, "Width of the discriminator's layers", unit="units", source="Kim & Mnih 2018, appendix A", ge=1
    )
    slope: float = setting(0.2, "Slope of the leaky ReLU below 0", source="Kim & Mnih 2018, appendix A", ge=0, le=1)
    adversary_lr: float = setting(
        1e-4, "Learning rate of the discriminator's Adam", source="Kim & Mnih 2018, appendix A", gt=0
    )
    adversary_beta1: float = setting(
        0.5, "First beta of the discriminator's Adam", source="Kim & Mnih 2018, appendix A", ge=0, lt=1
    )
    adversary_beta2: float = setting(
        0.9, "Second beta of the discriminator's Adam", source="Kim & Mnih 2018, appendix A", ge=0, lt=1
    )


def permute_latents(latent: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Shuffle every column of ``latent`` (batch, latents) on its own: a sample of prod_d q(z_d).

    Kim & Mnih 2018, algorithm 1. Draws from ``generator``, by default torch's global one.
    """
    draws = torch.rand(latent.shape, generator=generator, device=latent.device, dtype=latent.dtype)
    order = draws.argsort(dim=0)
    return latent.gather(0, order)


class Objective(BaseObjective):
    """``Rec + KL + gamma * TC``, ``TC = mean(logit_joint(z) - logit_permuted(z))``."""

    adversary: nn.Module

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task)
        widths = [task.latents] + [config.units] * config.layers
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.LeakyReLU(config.slope, inplace=True)]
        self.adversary = nn.Sequential(*layers, nn.Linear(config.units, 2))

    def judge(self, latent: Tensor) -> Tensor:
        """Return the log-odds that ``latent`` (batch, latents) is of q(z) and not of prod_d q(z_d): (batch,)."""
        logits: Tensor = self.adversary(latent)
        return logits[:, JOINT] - logits[:, PERMUTED]

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).sum(1).mean()
        tc = self.judge(latent).mean()
        parts = {"reconstruction": reconstruction.detach(), "kl": kl.detach(), "tc": tc.detach()}
        return LossTerms(reconstruction + kl + self.config.gamma * tc, parts)

    def adversary_loss(self, latent: Tensor, second: Tensor) -> LossTerms:
        """Return the cross-entropy of separating one batch from a second one permuted per latent (algorithm 2).

        ``d_z`` and ``d_z_perm`` are the mean probabilities of "joint" on either batch; both tend to 0.5
        as the total correlation goes to 0.

        Parameters
        ----------
        latent, second : float32 (batch, latents)
            Points of two batches drawn independently. A batch cut in halves would leave more rows of the permuted half
            with two latents of one image (79 % at 32 rows and 10 latents, 52 % at 64), which hides total correlation.

        Raises
        ------
        InvalidInput
            If the second batch has one image: nothing can be permuted.
        """
        if len(second) < 2:
            message = (
                f"got a second batch of {len(second)}; allowed for factor_vae: at least 2 images; set --batch-size"
            )
            raise InvalidInput(message, field="/batch_size", allowed=">= 2")
        joint, permuted = self.judge(
            torch.cat([latent.detach(), permute_latents(second.detach(), self.generator)])
        ).chunk(2)
        # -log sigmoid(l) on the joint batch and -log(1 - sigmoid(l)) on the permuted one: the two-way cross-entropy
        loss = 0.5 * (functional.softplus(-joint).mean() + functional.softplus(permuted).mean())
        joint, permuted = joint.detach(), permuted.detach()
        accuracy = 0.5 * ((joint > 0).float().mean() + (permuted <= 0).float().mean())
        parts = {"d_z": joint.sigmoid().mean(), "d_z_perm": permuted.sigmoid().mean(), "accuracy": accuracy}
        return LossTerms(loss, {"adversary": loss.detach(), **parts})

    def adversary_optimizer(self) -> dict[str, Any]:
        """Return the keyword arguments of the adversary's Adam."""
        config = self.config
        return {"lr": config.adversary_lr, "betas": (config.adversary_beta1, config.adversary_beta2)}

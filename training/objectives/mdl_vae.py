"""mdL-VAE: a learned weight for the reconstruction and one for each latent.

Mogultay Ozcan 2024, chapter 7. One scalar ``s_r`` weighs the reconstruction, one ``s_d`` per latent its KL:
``w(s_r) * Rec + sum_d w(s_d) * KL_d + penalty``. `VARIANTS` is the table of weights ``w`` and penalties.
"""

from collections.abc import Callable
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from training.config import Config as BaseConfig
from training.model.losses import LossTerms, Posterior, TaskSpec, kl_per_latent
from training.model.objective import Objective

Weight = Callable[[Tensor], Tensor]
Penalty = Callable[[Tensor, Tensor], Tensor]


class Config(BaseConfig):
    """mdL-VAE has no settings: its weights are learned."""


def damped_weight(square: Tensor) -> Tensor:
    """Return ``g(s) = 1 / (1 + ln(1 + s^2))`` of eq. 7.2, in (0, 1], from ``square`` = s^2."""
    return 1 / (1 + torch.log1p(square))


def inverse_weight(square: Tensor) -> Tensor:
    """Return ``1 / s^2`` from ``square`` = s^2."""
    return 1 / square


def squares(reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
    """Return ``s_r^2 + sum_d s_d^2``."""
    return reconstruction_square + latent_squares.sum()


def logarithms(reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
    """Return ``ln(1 + s_r^2) + sum_d ln(1 + s_d^2)``."""
    return torch.log1p(reconstruction_square) + torch.log1p(latent_squares).sum()


def square_and_mean_logarithm(reconstruction_square: Tensor, latent_squares: Tensor) -> Tensor:
    """Return ``s_r^2 + sum_d ln(1 + s_d^2) / D``."""
    return reconstruction_square + torch.log1p(latent_squares).mean()


class MdlVae(Objective):
    """``w(s_r) Rec + sum_d w(s_d) KL_d + penalty``; every ``s`` starts at 1.

    Attributes
    ----------
    weight : callable
        Weight of a term from its ``s^2``, elementwise.
    penalty : callable
        Regulariser of ``s_r^2``, a scalar, and ``s_d^2``, (latents,): a scalar.
    """

    likelihood = "mse"  # chapter 7
    weight = staticmethod(damped_weight)
    penalty = staticmethod(squares)

    def __init__(self, config: Config, task: TaskSpec) -> None:
        super().__init__(config, task)
        # ln s^2 is stored for weights 1 / s^2, which have a pole at 0; the others may come to rest at s = 0
        self.logarithmic = self.weight is inverse_weight
        start = torch.zeros if self.logarithmic else torch.ones
        self.reconstruction_scale = nn.Parameter(start(()))
        self.latent_scales = nn.Parameter(start(task.latents))

    def squares(self) -> tuple[Tensor, Tensor]:
        """Return ``s_r^2``, a scalar, and ``s_d^2``, (latents,)."""
        if self.logarithmic:
            return self.reconstruction_scale.exp(), self.latent_scales.exp()
        return self.reconstruction_scale.square(), self.latent_scales.square()

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch."""
        reconstruction = self.reconstruction(logits, images)
        kl = kl_per_latent(posterior).mean(0)
        of_reconstruction, of_latents = self.squares()
        penalty = self.penalty(of_reconstruction, of_latents)
        total = self.weight(of_reconstruction) * reconstruction + (self.weight(of_latents) * kl).sum() + penalty
        parts = {"reconstruction": reconstruction, "kl": kl.sum(), "penalty": penalty}
        return LossTerms(total, {name: part.detach() for name, part in parts.items()})

    def learned_weights(self) -> dict[str, Tensor]:
        """Return ``sr``, a scalar, and ``sd``, (latents,); both are reported as positive."""
        of_reconstruction, of_latents = self.squares()
        return {"sr": of_reconstruction.detach().sqrt(), "sd": of_latents.detach().sqrt()}


def _variant(name: str, place: str, weight: Weight, penalty: Penalty) -> SimpleNamespace:
    members = {"weight": staticmethod(weight), "penalty": staticmethod(penalty)}
    objective = type("Objective", (MdlVae,), members)
    source = f"Mogultay Ozcan 2024, {place}"
    return SimpleNamespace(TITLE=f"mdL-VAE, {name}", SOURCE=source, Config=Config, Objective=objective)


VARIANTS = {
    "strong": _variant("strong", "eq. 7.2", damped_weight, squares),
    "weak": _variant("weak", "eq. 7.3", damped_weight, square_and_mean_logarithm),
    "v1": _variant("variant 1", "table 7.4", damped_weight, logarithms),
    "v2": _variant("variant 2", "table 7.4", inverse_weight, squares),
    "v3": _variant("variant 3", "table 7.4", inverse_weight, logarithms),
}

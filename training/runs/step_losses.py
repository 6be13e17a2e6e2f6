"""Losses of the steps of a run, kept on its device and read in windows: the trainer waits for no single step."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from training.model.losses import LossTerms
from training.runs.history import Window

TOTAL = "total"


class StepLosses(NamedTuple):
    """Losses of one step, nats per image.

    Parameters
    ----------
    main, adversary : tuple of str
        Names of the loss and its parts, ``total`` first; and of the parts of the adversary, empty without one.
    values : float64 (main + adversary + latents,)
        Their values, then the batch mean of the KL per latent, which an objective without noise lacks.
    """

    main: tuple[str, ...]
    adversary: tuple[str, ...]
    values: Tensor

    @property
    def total(self) -> Tensor:
        """Loss of the step, a scalar."""
        return self.values[0]


def step_losses(terms: LossTerms, against: LossTerms | None, kl: Tensor) -> StepLosses:
    """Return the losses of a step from its terms, those of its adversary, and the KL per latent, none without noise."""
    of_adversary = {} if against is None else against.parts
    scalars = torch.stack([terms.total.detach(), *terms.parts.values(), *of_adversary.values()])
    values = torch.cat([scalars.double(), kl.detach().double()])
    return StepLosses((TOTAL, *terms.parts), tuple(of_adversary), values)


class NotFinite(ArithmeticError):
    """Raised when a loss is not finite, with its step and the names of its parts."""

    def __init__(self, step: int, parts: list[str]) -> None:
        super().__init__(step, parts)
        self.step, self.parts = step, parts


class LossLog:
    """Losses of the steps that were not read yet."""

    def __init__(self) -> None:
        self._unread: list[tuple[int, StepLosses]] = []

    def __len__(self) -> int:
        """Count the steps."""
        return len(self._unread)

    def add(self, step: int, losses: StepLosses) -> None:
        """Add the losses of the step that followed ``step`` steps."""
        self._unread.append((step, losses))

    def read_into(self, window: Window) -> None:
        """Wait for the device, add all losses to ``window`` in order, and forget them.

        Raises
        ------
        NotFinite
            For the first step whose loss, or a part of it, is not finite; the parts of the adversary count where
            the others are finite.
        """
        if not self._unread:
            return
        unread, self._unread = self._unread, []
        for (step, losses), values in zip(
            unread, torch.stack([each.values for _, each in unread]).tolist(), strict=True
        ):
            names = losses.main + losses.adversary
            parts = dict(zip(names, values, strict=False))
            for group in (losses.main, losses.adversary):
                if bad := [name for name in group if not math.isfinite(parts[name])]:
                    raise NotFinite(step, [name for name in bad if name != TOTAL] or [TOTAL])
            window.add(parts, values[len(names) :])

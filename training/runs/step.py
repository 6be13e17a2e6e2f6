"""One optimiser step of one run, or of several runs whose networks are computed together.

`train_step` is the only step there is: a run alone, a stack of runs (`training.runs.stack`), runs side by side and a
captured step (`training.runs.captured_step`) differ in what computes the networks and in what repeats `update`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.vae import VAE
from training.runs.batches import Batches
from training.runs.images import Images
from training.runs.run_state import RunState
from training.runs.step_losses import StepLosses, step_losses


class Networks(Protocol):
    """Encoders and decoders of several runs, a list entry each."""

    def encode(self, images: Tensor) -> list[Posterior]:
        """Return the posteriors of images (runs, batch, channels, height, width), float32."""
        ...

    def decode(self, latents: Sequence[Tensor]) -> list[Tensor]:
        """Return the logits (batch, channels, height, width), float32, of latent points (batch, latents)."""
        ...

    def backward(self, losses: Sequence[Tensor]) -> None:
        """Set the gradients of all runs' parameters from their losses, scalars."""
        ...


class SingleNetworks:
    """Encoder and decoder of one run.

    Parameters
    ----------
    model : VAE
    device : torch.device
    amp : bool
        Whether the networks are computed in bfloat16.
    """

    def __init__(self, model: VAE, device: torch.device, *, amp: bool = False) -> None:
        self._model = model
        self._autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=amp)

    def encode(self, images: Tensor) -> list[Posterior]:
        """Return the posterior of images (1, batch, channels, height, width)."""
        with self._autocast:
            return [Posterior(*(part.float() for part in self._model.encode(images[0])))]

    def decode(self, latents: Sequence[Tensor]) -> list[Tensor]:
        """Return the logits of the latent points of one run."""
        with self._autocast:
            return [self._model.decode(latents[0]).float()]

    def backward(self, losses: Sequence[Tensor]) -> None:
        """Set the gradients of the run."""
        torch.autograd.backward(losses)


class Draws(NamedTuple):
    """What a step draws before it computes.

    Parameters
    ----------
    images : float32 (runs, batch, channels, height, width)
    noise : float32 (runs, batch, latents)
        Standard normal; 0 for runs whose decoder gets the posterior mean.
    """

    images: Tensor
    noise: Tensor

    def of_run(self, index: int) -> "Draws":
        """Return what one of the runs draws, as the draws of a single run."""
        return Draws(*(each[index : index + 1] for each in self))


def draw(runs: Sequence[RunState], images: Images, batches: Sequence[Batches]) -> Draws:
    """Return the images and the noise of the runs' next step; ``batches`` holds the batches of each run."""
    noise = [_noise(run) for run in runs]
    return Draws(images.read([(each, run.step) for run, each in zip(runs, batches, strict=True)]), torch.stack(noise))


def _noise(run: RunState) -> Tensor:
    shape = (run.config.batch_size, run.config.latents)
    if not run.objective.stochastic:
        return torch.zeros(shape, device=run.device)
    return torch.randn(shape, generator=run.generator, device=run.device)


def update(networks: Networks, runs: Sequence[RunState], first: Draws, second: Draws | None) -> list[StepLosses]:
    """Compute losses and gradients of all runs and move their weights; no value is read back from the device."""
    for run in runs:
        run.freeze_adversary()
    posteriors = networks.encode(first.images)
    latents = _points(runs, posteriors, first.noise)
    logits = networks.decode(latents)
    each_run = zip(runs, first.images, logits, posteriors, latents, strict=True)
    terms: list[LossTerms] = [run.objective(*given, run.step) for run, *given in each_run]
    for run in runs:
        run.optimizer.zero_grad(set_to_none=True)
    networks.backward([each.total for each in terms])
    for run in runs:
        run.optimizer.step()
    against: Sequence[LossTerms | None] = [None] * len(runs)
    if second is not None:
        with torch.no_grad():
            others = _points(runs, networks.encode(second.images), second.noise)
        pairs = zip(runs, latents, others, strict=True)
        against = [run.update_adversary(latent.detach(), other) for run, latent, other in pairs]
    kl = [_kl(*each) for each in zip(runs, posteriors, strict=True)]
    return [step_losses(*each) for each in zip(terms, against, kl, strict=True)]


def _kl(run: RunState, posterior: Posterior) -> Tensor:
    """Return the batch mean of the KL per latent (latents,); empty without noise, where logvar is not trained."""
    found = kl_per_latent(posterior).detach().mean(0)
    return found if run.objective.stochastic else found[:0]


def _points(runs: Sequence[RunState], posteriors: Sequence[Posterior], noise: Tensor) -> list[Tensor]:
    each_run = zip(runs, posteriors, noise, strict=True)
    return [each.at(own) if run.objective.stochastic else each.mean for run, each, own in each_run]


Update = Callable[[Sequence[RunState], Draws, Draws | None], list[StepLosses]]
"""`update` with the networks of the runs, or what repeats it."""


def train_step(runs: Sequence[RunState], images: Images, compute: Update) -> list[StepLosses]:
    """Make one optimiser step of every run; the losses go to the runs' logs too, unread.

    Parameters
    ----------
    runs : sequence of RunState
        All with an adversary, or all without.
    images : Images
        Source of the batches of all runs.
    compute : callable
        Computes losses and moves weights, always of the same runs.
    """
    first, second = draw(runs, images, [run.batches for run in runs]), None
    if runs[0].objective.adversary is not None:
        second = draw(runs, images, [run.adversary_batches for run in runs])
    for run in runs:
        run.set_learning_rate()
    losses = compute(runs, first, second)
    for run, each in zip(runs, losses, strict=True):
        run.advance(each)
    return losses

"""Training of several runs at once, each with its own folder, observers, callbacks and end."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from training.runs.callbacks import Callback, Observer
from training.runs.captured_step import computation, is_captured
from training.runs.stack import StackedNetworks
from training.runs.step import Networks, Update, train_step
from training.runs.trainer import Trainer

SHARED_SETTINGS = {
    *("dataset", "dataset_settings", "architecture", "latents", "batch_size"),
    *("device", "threads", "amp", "tf32", "cuda_graphs"),
}
"""Settings that runs of one stack have in common; an adversary, all or none of them have."""


@dataclass(frozen=True)
class Member:
    """One run of a pack.

    Parameters
    ----------
    trainer : Trainer
    observers, callbacks : sequence
        As `Trainer.train` takes them.
    end : callable
        Is called once, as soon as the run has ended: with what `Trainer.train` would return, or the error that it
        would raise. The other runs go on.
    """

    trainer: Trainer
    observers: Sequence[Observer]
    callbacks: Sequence[Callback]
    end: Callable[[bool | Exception], None]

    def begin(self) -> bool:
        """Prepare the first step; False if the run has ended."""
        return self._goes_on(lambda: self.trainer.begin(self.callbacks) or None)

    def after_step(self) -> bool:
        """Do what is due after a step; False if the run has ended."""
        return self._goes_on(lambda: self.trainer.after_step(self.observers, self.callbacks))

    def _goes_on(self, action: Callable[[], bool | None]) -> bool:
        try:
            outcome: bool | Exception | None = action()
        except Exception as error:  # noqa: BLE001 - the border of a run: its error ends it and not the others
            outcome = error
        if outcome is not None:
            self.end(outcome)
        return outcome is None


def stack_pays(device: str) -> bool:
    """Return whether a stack on ``auto``, ``cpu`` or ``cuda`` is faster than one run after the other.

    On the CPU it is not (docs/performance.md has the figures).
    """
    return device != "cpu" and torch.cuda.is_available()


def stacks(members: Sequence[Member]) -> list[list[Member]]:
    """Return the members in groups whose networks can be stacked."""
    groups: dict[str, list[Member]] = {}
    for member in members:
        trainer = member.trainer
        shared = trainer.config.model_dump(mode="json", include=SHARED_SETTINGS)
        key = json.dumps([shared, trainer.objective.adversary is not None], sort_keys=True)
        groups.setdefault(key, []).append(member)
    return list(groups.values())


def train_pack(members: Sequence[Member]) -> None:
    """Train all members to their ends; stacks take turns step by step, so that no run waits for the end of another."""
    for member in members:
        member.trainer.pack_size = len(members)
    active = [_steps(stack) for stack in stacks(members)]
    while active:
        active = [stack for stack in active if next(stack, False)]


def _steps(members: Sequence[Member]) -> Iterator[bool]:
    """Train the runs of one stack; yield True after each step."""
    images = members[0].trainer.images
    running = [each for each in members if each.begin()]
    while running:
        runs = [each.trainer for each in running]
        compute = _computation(runs)
        going = running
        while len(going) == len(running):
            try:
                train_step(runs, images, compute)
            except Exception as error:  # noqa: BLE001 - the error of the shared step ends all runs, each with its own end
                for each in running:
                    each.end(error)
                return
            going = [each for each in running if each.after_step()]
            yield True
        running = going


def _computation(runs: Sequence[Trainer]) -> Update:
    """Return what computes the steps of a stack: branches of a captured step, else one batched network."""
    config, device = runs[0].config, runs[0].device
    networks: list[Networks] = [run.networks for run in runs]
    if len(runs) > 1 and not is_captured(config, device):
        networks = [StackedNetworks(runs)]
    return computation(networks, config, device)

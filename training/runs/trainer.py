"""Training of one run in one folder: its steps, and what happens between them."""

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch

from training.data.dataset import Dataset
from training.runs import checkpoint, history
from training.runs.callbacks import Callback, Observer
from training.runs.captured_step import computation
from training.runs.images import Images, open_images
from training.runs.run_config import RunConfig, write_run
from training.runs.run_state import RunState
from training.runs.step import SingleNetworks, Update, train_step
from training.runs.step_losses import StepLosses

READ_STEPS = 100
"""Steps after which losses are read at the latest."""


class Trainer(RunState):
    """Trainer of one run in one folder.

    Parameters
    ----------
    config : RunConfig
        Resolved settings.
    out : Path
        Run folder: `run.json`, `history.jsonl`, `checkpoints/`.
    dataset : Dataset

    Attributes
    ----------
    pack_size : int
        Runs that the process began to train at once; its CPU time is divided among them.
    """

    def __init__(self, config: RunConfig, out: Path, dataset: Dataset, *, begins: bool = True) -> None:
        super().__init__(config, dataset, begins=begins)
        self.out = out
        self.networks = SingleNetworks(self.model, self.device, amp=config.amp)
        self.pack_size = 1
        self._clock = 0.0

    @cached_property
    def images(self) -> Images:
        """Source of the images of the batches; on a GPU the first use copies the data set."""
        return open_images(self.dataset, self.device)

    @cached_property
    def _compute(self) -> Update:
        return computation([self.networks], self.config, self.device)

    def train_step(self) -> StepLosses:
        """Make one optimiser step, and return its losses, unread, on the device."""
        (losses,) = train_step([self], self.images, self._compute)
        return losses

    def train(self, observers: Sequence[Observer] = (), callbacks: Sequence[Callback] = ()) -> bool:
        """Train to ``config.last_step``, or until a callback ends the run or an observer requests a stop.

        Returns
        -------
        bool
            True when the run is done, False when an observer requested the stop.

        Raises
        ------
        TrainingStopped
            When the loss is not finite.
        """
        done: bool | None = self.begin(callbacks) or None
        while done is None:
            self.train_step()
            done = self.after_step(observers, callbacks)
        return done

    def begin(self, callbacks: Sequence[Callback]) -> bool:
        """Prepare folder and callbacks for the next step; True where the run has ended already."""
        self.out.mkdir(parents=True, exist_ok=True)
        write_run(self.out, self.config)
        history.truncate(self.out, self.step)
        self.model.train()
        ended = [callback.start() for callback in callbacks]
        self._clock = time.process_time()
        return any(ended) or self.step >= self.config.last_step

    def after_step(self, observers: Sequence[Observer], callbacks: Sequence[Callback]) -> bool | None:
        """Log, evaluate and save what is due; return as `train` does, and None while the run goes on."""
        if len(self.losses) >= READ_STEPS:
            self.read_losses()
        ended = [callback.after_step() for callback in callbacks]
        done = any(ended) or self.step >= self.config.last_step
        if done or self.step % self.config.log_every == 0:
            self._log(observers)
        stop = any(observer.should_stop() for observer in observers)
        if done or stop or self.step % self.config.checkpoint_every == 0:
            now = time.process_time()
            self.cpu_seconds += (now - self._clock) / self.pack_size
            self._clock = now
            self._save(observers)
        return done if done or stop else None

    def _log(self, observers: Sequence[Observer]) -> None:
        self.read_losses()
        learned = {name: value.tolist() for name, value in self.objective.learned_weights().items()}
        row = self.window.close(self.step, learned) | {"gradients": self.gradient_norms()}
        history.append(self.out, row)
        for observer in observers:
            observer.on_row(row)

    def gradient_norms(self) -> dict[str, float]:
        """Return the Euclidean norm of the last gradient, per network and for learned weights where there are some."""
        modules = {"encoder": self.model.encoder, "decoder": self.model.decoder, "objective": self.objective}
        norms = {}
        for name, module in modules.items():
            of_adversary = name == "objective" and self.objective.adversary is not None
            gradients = [p.grad for p in module.parameters() if p.grad is not None and not of_adversary]
            if gradients:
                norms[name] = torch.nn.utils.get_total_norm(gradients).item()
        return norms

    def _save(self, observers: Sequence[Observer]) -> None:
        path = checkpoint.path_of(self.out, self.step)
        checkpoint.save(path, self.snapshot())
        checkpoint.prune(self.out)
        for observer in observers:
            observer.on_checkpoint(self.step, path)

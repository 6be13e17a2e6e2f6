"""Reports of a training job to its queue: steps, rows of the history, checkpoints, pictures."""

import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models_zoo.json_types import JsonObject
from models_zoo.manifest import FILM, START
from training.runs import checkpoint, history
from training.runs.callbacks import Observer
from training.runs.trainer import Trainer

log = logging.getLogger("axiscope.training")
REPORT_SECONDS = 1.0
WARM_STEPS = 10
MEASURED_STEPS = 20
GROWING = (history.FILE, history.EVALUATIONS)


class JobContext(Protocol):
    """Interface of the queue to a job: stores its reports and files, and ends work that no longer counts."""

    def progress(self, record: JsonObject) -> None:
        """Store a record with ``step``; called at most once a second."""

    def at(self, step: int) -> None:
        """Take the step that was reached; called at every step."""

    def checkpoint(self, step: int, files: Mapping[str, Path]) -> None:
        """Store the files from which the run can be resumed."""

    def picture(self, step: int, png: Path) -> None:
        """Store one frame of the recorded traversals."""

    def should_stop(self) -> bool:
        """Return whether to save a checkpoint and end."""
        ...

    def check(self) -> None:
        """Raise if the work no longer counts."""

    def stop(self) -> None:
        """Raise the reason of `should_stop`."""

    def confirm(self) -> None:
        """Raise unless the queue confirms now that the work still counts."""


class JobObserver(Observer):
    """Observer of the trainer that reports to the job: rows at most once a second, checkpoints, traversals."""

    def __init__(self, trainer: Trainer, job: JobContext) -> None:
        self.trainer, self.job = trainer, job
        self.latest: JsonObject = {}
        self._clock: tuple[int, float] | None = None
        self._first = trainer.step
        self._reported = 0.0
        self._traversals_changed = 0

    @property
    def step_seconds(self) -> float | None:
        """Measured seconds of one step; None at first, while caches and kernels warm up."""
        if self._clock is None:
            return None
        step, begun = self._clock
        done = self.trainer.step - step
        return (time.monotonic() - begun) / done if done >= MEASURED_STEPS else None

    def on_row(self, row: JsonObject) -> None:
        """Log the row and report it."""
        parts = " ".join(f"{name}={value:.4g}" for name, value in row["parts"].items())
        log.info("run row step=%d last_step=%d %s", row["step"], self.trainer.config.last_step, parts)
        self.latest = {"parts": row["parts"], "kl": row["kl"], "learned": row["learned"]}
        self._report()

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Store all files that a resumed run needs; files that grow are copied first."""
        out = self.trainer.out
        files = {path.name: path}
        for name in GROWING:
            if (out / name).exists():
                files[name] = out / f"{name}.{step}"
                shutil.copyfile(out / name, files[name])
        for whole in (out / FILM, out / START, checkpoint.best_path(out)):
            if whole.exists():
                files[whole.name] = whole
        self.job.checkpoint(step, files)
        for name in GROWING:
            (out / f"{name}.{step}").unlink(missing_ok=True)

    def should_stop(self) -> bool:
        """Report the step, a new frame and the progress that are due, and return whether the job is to stop."""
        self.job.check()
        self.job.at(self.trainer.step)
        if self._clock is None and self.trainer.step >= self._first + WARM_STEPS:
            self._clock = (self.trainer.step, time.monotonic())
        self._store_latest_frame()
        if time.monotonic() - self._reported >= REPORT_SECONDS:
            self._report()
        return self.job.should_stop()

    def _report(self) -> None:
        if time.monotonic() - self._reported < REPORT_SECONDS and self.trainer.step < self.trainer.config.last_step:
            return
        self._reported = time.monotonic()
        seconds = self.step_seconds
        speed = {"seconds_per_step": seconds} if seconds else {}
        self.job.progress({"step": self.trainer.step, **self.latest, **speed})

    def _store_latest_frame(self) -> None:
        try:
            changed = (self.trainer.out / FILM).stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._traversals_changed:
            return
        self._traversals_changed = changed
        step, sheet = latest_frame(self.trainer.out / FILM)
        path = self.trainer.out / "frame.png"
        Image.fromarray(sheet).save(path)
        self.job.picture(step, path)


def latest_frame(film: Path) -> tuple[int, NDArray[np.uint8]]:
    """Return step and picture of the last frame of recorded traversals.

    The picture is uint8 (latents * height, values * width[, channels]): rows are latents, columns their values.
    """
    with np.load(film) as stored:
        step, tiles = int(stored["step"][-1]), stored["images"][-1]
    latents, values, height, width, channels = tiles.shape
    sheet: NDArray[np.uint8] = tiles.transpose(0, 2, 1, 3, 4).reshape(latents * height, values * width, channels)
    return step, sheet[:, :, 0] if channels == 1 else sheet

"""Training as a job: one `train` that any engine's process calls. Knows no queue, only who watches."""

import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from models_zoo.errors import NotFound
from models_zoo.manifest import FILM, START
from training.runs import checkpoint, history, pipeline
from training.runs.export import export_run
from training.runs.run_config import RUN_FILE, resolve, run_settings, write_run
from training.runs.trainer import Trainer

log = logging.getLogger("axiscope.training")
RESTORED = "restored"
REPORT_SECONDS = 1.0
WARM_STEPS = 10
MEASURED_STEPS = 20
GROWING = (history.FILE, history.EVALUATIONS)


class Watch(Protocol):
    """Whoever ordered the work."""

    def progress(self, record: Mapping[str, Any]) -> None:
        """Take a record with ``step``, at most one a second."""

    def at(self, step: int) -> None:
        """Note the step; costs nothing."""

    def checkpoint(self, step: int, files: Mapping[str, Path]) -> None:
        """Store files from which the run can go on."""

    def picture(self, step: int, png: Path) -> None:
        """Store one frame of the film of traversals."""

    def wants_stop(self) -> bool:
        """Whether to save and end."""
        ...

    def check(self) -> None:
        """Raise if the work no longer counts."""

    def stop(self) -> None:
        """Raise the reason of `wants_stop`."""

    def confirm(self) -> None:
        """Raise unless the work still counts at this very moment."""


class _Reporter:
    """The trainer's observer: thins its rows to one report a second, hands checkpoints on, makes the film."""

    def __init__(self, trainer: Trainer, watch: Watch) -> None:
        self.trainer, self.watch = trainer, watch
        self.latest: dict[str, Any] = {}
        self._clock: tuple[int, float] | None = None
        self._first = trainer.step
        self._reported = 0.0
        self._film_seen = 0

    @property
    def step_seconds(self) -> float | None:
        """Measured seconds of one step; None at first, when caches and kernels still warm up."""
        if self._clock is None:
            return None
        step, begun = self._clock
        done = self.trainer.step - step
        return (time.monotonic() - begun) / done if done >= MEASURED_STEPS else None

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Remember what to show."""
        parts = "  ".join(f"{name} {value:.4g}" for name, value in row["parts"].items())
        log.info("step %d of %d  %s", row["step"], self.trainer.config.last_step, parts)
        self.latest = {"parts": row["parts"], "kl": row["kl"], "learned": row["learned"]}
        self._report()

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Hand on all that a resumed run starts from; files that grow are copied first."""
        out = self.trainer.out
        files = {path.name: path}
        for name in GROWING:
            if (out / name).exists():
                files[name] = out / f"{name}.{step}"
                shutil.copyfile(out / name, files[name])
        for whole in (out / FILM, out / START, checkpoint.best_path(out)):
            if whole.exists():
                files[whole.name] = whole
        self.watch.checkpoint(step, files)
        for name in GROWING:
            (out / f"{name}.{step}").unlink(missing_ok=True)

    def wants_stop(self) -> bool:
        """Look up at every step."""
        self.watch.check()
        self.watch.at(self.trainer.step)
        if self._clock is None and self.trainer.step >= self._first + WARM_STEPS:
            self._clock = (self.trainer.step, time.monotonic())
        self._show_film()
        if time.monotonic() - self._reported >= REPORT_SECONDS:
            self._report()
        return self.watch.wants_stop()

    def _report(self) -> None:
        if time.monotonic() - self._reported < REPORT_SECONDS and self.trainer.step < self.trainer.config.last_step:
            return
        self._reported = time.monotonic()
        seconds = self.step_seconds
        speed = {"seconds_per_step": seconds} if seconds else {}
        self.watch.progress({"step": self.trainer.step, **self.latest, **speed})

    def _show_film(self) -> None:
        try:
            changed = (self.trainer.out / FILM).stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._film_seen:
            return
        self._film_seen = changed
        step, sheet = newest_frame(self.trainer.out / FILM)
        path = self.trainer.out / "frame.png"
        Image.fromarray(sheet).save(path)
        self.watch.picture(step, path)


def newest_frame(film: Path) -> tuple[int, Any]:
    """Step and picture of a film's last frame: uint8 (latents * height, values * width[, channels]).

    Rows are latents, columns their values.
    """
    with np.load(film) as stored:
        step, tiles = int(stored["step"][-1]), stored["images"][-1]
    latents, values, height, width, channels = tiles.shape
    sheet = tiles.transpose(0, 2, 1, 3, 4).reshape(latents * height, values * width, channels)
    return step, sheet[:, :, 0] if channels == 1 else sheet


def _take_restored(folder: Path) -> None:
    """Put the files of a stored checkpoint where a run folder has them."""
    restored = folder / RESTORED
    if not restored.is_dir():
        return
    (folder / checkpoint.FOLDER).mkdir(exist_ok=True)
    for path in restored.iterdir():
        is_checkpoint = path.suffix == ".safetensors" and path.name != START
        path.replace((folder / checkpoint.FOLDER if is_checkpoint else folder) / path.name)
    restored.rmdir()


def train(row: Mapping[str, Any], folder: Path, watch: Watch, zoo: Path, data: Path) -> dict[str, Any]:
    """Train the run of a job to its end and put the model into the zoo.

    Parameters
    ----------
    row : mapping
        The job: ``spec`` holds the settings of a run and the zoo id ``model``.
    folder : Path
        Work folder of this attempt; ``restored/`` has the files of the checkpoint to go on from.
    watch : Watch
    zoo, data : Path
        Folders of models and data sets.

    Returns
    -------
    dict
        ``model``, ``steps``, last ``parts``, and where measured ``seconds_per_step`` of this process.
    """
    spec = row["spec"]
    config = resolve(run_settings(spec))
    _take_restored(folder)
    trainer = pipeline.prepare(config, folder, data)
    reporter = _Reporter(trainer, watch)
    if not pipeline.train(trainer, [reporter]):
        watch.stop()
    watch.progress({"step": trainer.step, **reporter.latest, "phase": "export"})
    watch.confirm()
    entry = export_run(folder, zoo, data, model_id=spec.get("model"), name=spec.get("name"))
    result = {"model": entry.name, "steps": trainer.step, "parts": reporter.latest.get("parts", {})}
    return {**result, "seconds_per_step": reporter.step_seconds}


def export(row: Mapping[str, Any], folder: Path, watch: Watch, zoo: Path, data: Path) -> dict[str, Any]:
    """Export the stored checkpoint of a training job, finished or not, into the zoo.

    Raises
    ------
    NotFound
        If that job has no checkpoint yet.
    """
    spec = row["spec"]
    _take_restored(folder)
    if checkpoint.latest(folder) is None:
        raise NotFound(f"job {spec['job']} has no checkpoint yet: wait for one, or train it further")
    if not (folder / RUN_FILE).exists():
        write_run(folder, resolve(run_settings(spec["run"])))
    watch.confirm()
    entry = export_run(folder, zoo, data, model_id=spec.get("model"), name=spec.get("name"))
    return {"model": entry.name}

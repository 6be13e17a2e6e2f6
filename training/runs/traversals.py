"""Traversals of the latents during a run, recorded at steps that grow like powers, because most changes are early."""

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models_zoo.files import write_atomic
from models_zoo.manifest import FILM
from training.runs.batches import to_tensor
from training.runs.callbacks import Callback
from training.runs.trainer import Trainer

VALUES = np.linspace(-2, 2, 7, dtype=np.float32)
MAX_LATENTS = 16
MAX_BYTES = 32 * 2**20
LEVELS = 64
"""Levels of a colour channel: with 256, of which the eye tells few apart, the file is twice as large."""


def snapshot_steps(steps: int, frames: int) -> tuple[int, ...]:
    """Return the steps of the frames: 0, powers, and ``steps``; fewer than ``frames`` in a very short run."""
    if frames == 0:
        return ()
    powers = np.geomspace(1, steps, max(frames - 1, 1)).round().astype(int)
    return tuple(sorted({0, *powers.tolist(), steps}))


def frames_that_fit(frames: int, latents: int, image_shape: tuple[int, int, int]) -> int:
    """Return the number of frames, at most ``frames``, whose pictures stay below `MAX_BYTES`."""
    height, width, channels = image_shape
    one = min(latents, MAX_LATENTS) * len(VALUES) * height * width * channels
    return min(frames, max(2, MAX_BYTES // one))


@dataclass
class TraversalRecorder(Callback):
    """Callback that writes `film.npz` into the run folder.

    The file holds ``step`` int64 (f,), ``values`` float32 (s,), ``index`` int64 () the image that was encoded,
    ``base`` float32 (f, d) its mean at each step, and ``images`` uint8 (f, d', s, height, width, channels): the
    base point with one latent at a time set to each of the values, in 64 levels of 0 to 255; d' is d, at most 16.
    """

    trainer: Trainer
    _frames: dict[int, tuple[NDArray[np.float32], NDArray[np.uint8]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose the steps of the frames."""
        config, dataset = self.trainer.config, self.trainer.dataset
        frames = frames_that_fit(config.film_frames, config.latents, dataset.image_shape)
        self._due = frozenset(snapshot_steps(config.steps, frames))
        self._index = len(dataset) // 2

    @property
    def _path(self) -> Path:
        return self.trainer.out / FILM

    def start(self) -> bool:
        """Read the frames up to the trainer's step, and add that of step 0."""
        if self._path.exists():
            with np.load(self._path) as film:
                frames = zip(film["step"].tolist(), film["base"], film["images"], strict=True)
                self._frames = {step: (base, images) for step, base, images in frames if step <= self.trainer.step}
        if self.trainer.step not in self._frames:
            self.after_step()
        return False

    def after_step(self) -> bool:
        """Record a frame if one is due, and write the file again."""
        step = self.trainer.step
        if step in self._due:
            self.trainer.read_losses()
            self._frames[step] = self._record()
            self._write()
        return False

    def _record(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        trainer = self.trainer
        dims = min(trainer.config.latents, MAX_LATENTS)
        image = to_tensor(trainer.dataset.images(np.array([self._index])), trainer.device)
        trainer.model.eval()
        with torch.no_grad():
            base = trainer.result.encode(image).mean.float()
            points = base.repeat(dims, len(VALUES), 1)
            for latent in range(dims):
                points[latent, :, latent] = torch.from_numpy(VALUES).to(points)
            pictures = torch.sigmoid(trainer.result.decode(points.flatten(0, 1)))
        trainer.model.train()
        levels = ((pictures * (LEVELS - 1)).round() * (255 / (LEVELS - 1))).round()
        frames = levels.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        return base[0].cpu().numpy(), frames.reshape(dims, len(VALUES), *trainer.dataset.image_shape)

    def _write(self) -> None:
        steps = sorted(self._frames)
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            step=np.array(steps, dtype=np.int64),
            values=VALUES,
            index=np.int64(self._index),
            base=np.stack([self._frames[step][0] for step in steps]),
            images=np.stack([self._frames[step][1] for step in steps]),
        )
        write_atomic(self._path, stream.getvalue())

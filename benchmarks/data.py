"""Speed and memory of the procedural data sets.

The baseline of every rate is one image after another in the same process, without a cache. Times are CPU seconds of
one thread, the best of several rounds.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.table import Row
from training.config import Config
from training.data.dataset import Dataset
from training.data.formats.dsprites import ProceduralSprites
from training.data.rendering import room, sprites
from training.registry import DATASETS

BATCH = 64
BATCHES = 64
ROUNDS = 5


def images_per_second(read: Callable[[np.ndarray], object], indices: np.ndarray, batch: int) -> float:
    """Return the best rate of several rounds, reading ``indices`` in batches."""
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        for first in range(0, len(indices), batch):
            read(indices[first : first + batch])
        best = max(best, len(indices) / (time.process_time() - start))
    return best


def opened(name: str, folder: Path) -> tuple[Dataset, float]:
    """Return the data set, and the seconds until its first image."""
    plugin = DATASETS.load(name)
    settings: Config = plugin.Config()
    start = time.perf_counter()
    dataset: Dataset = plugin.load(settings, folder)
    dataset.images(np.array([123_456]))
    return dataset, time.perf_counter() - start


def dsprites_rows(folder: Path, indices: np.ndarray) -> list[Row]:
    dataset, first_image = opened("dsprites", folder)
    alone = images_per_second(dataset.images, indices[:512], 1)
    drawn = images_per_second(dataset.images, indices, BATCH)
    source = ProceduralSprites()
    start = time.process_time()
    source.fill_store()
    seconds = time.process_time() - start
    assert source.store is not None
    packed = images_per_second(source.bits, indices, BATCH)
    one_by_one = sprites.N_IMAGES / alone
    plain_bytes = sprites.N_IMAGES * sprites.SIDE**2
    return [
        Row("dSprites: from nothing to the first image", first_image * 1000, "ms", reach="< 300 ms"),
        Row("dSprites: one image a call", alone, "images/s"),
        Row(f"dSprites: drawn, batches of {BATCH}", drawn, "images/s", "one image a call", drawn / alone),
        Row(
            f"dSprites: from the packed store, batches of {BATCH}", packed, "images/s", "one image a call",
            packed / alone, ">= 376,000 images/s",
        ),
        Row(
            "dSprites: drawing all 737,280 images", seconds, "s", "one image a call", one_by_one / seconds, "<= 10 s"
        ),
        Row(
            "dSprites: the packed store", source.store.nbytes / 1e6, "MB", "a byte a pixel",
            plain_bytes / source.store.nbytes, "<= 400 MB",
        ),
    ]  # fmt: skip


def shapes3d_rows(folder: Path, indices: np.ndarray) -> list[Row]:
    dataset, first_image = opened("shapes3d", folder)

    def render(chosen: np.ndarray) -> None:
        """Render every image without the cache."""
        room.view.cache_clear()
        room.Room().render(dataset.labels(chosen))

    alone = images_per_second(render, indices[:32], 1)
    start = time.process_time()
    for first in range(0, len(indices), BATCH):
        dataset.images(indices[first : first + BATCH])
    warming = time.process_time() - start
    kept = images_per_second(dataset.images, indices, BATCH)
    return [
        Row("3D Shapes: from nothing to the first image", first_image * 1000, "ms", reach="< 300 ms"),
        Row("3D Shapes: every image cast anew", alone, "images/s"),
        Row(
            f"3D Shapes: cached geometries, batches of {BATCH}", kept, "images/s", "cast anew", kept / alone,
            ">= 10,000 images/s",
        ),
        Row(f"3D Shapes: the first {len(indices):,} images, geometries and all", warming, "s"),
    ]  # fmt: skip


def derived_rows(folder: Path, indices: np.ndarray) -> list[Row]:
    rows = []
    for name in ("color_dsprites", "noisy_dsprites", "scream_dsprites"):
        dataset, _ = opened(name, folder)
        alone = images_per_second(dataset.images, indices[:512], 1)
        rate = images_per_second(dataset.images, indices, BATCH)
        rows.append(Row(f"{name}: batches of {BATCH}", rate, "images/s", "one image a call", rate / alone))
    return rows


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        indices = rng.integers(0, sprites.N_IMAGES, BATCH * BATCHES)
        rows = dsprites_rows(Path(folder), indices) + derived_rows(Path(folder), indices)
        return rows + shapes3d_rows(Path(folder), rng.integers(0, 480_000, BATCH * BATCHES))

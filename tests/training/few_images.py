"""A data set of a thousand sprites, in place of all 737,280 where a test is about the trainer."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from training.data.dataset import ImageTable
from training.data.local import open_dataset

COUNT = 1_000


@cache
def few_sprites() -> ImageTable:
    """Return a thousand images of dSprites, drawn once a process: an order of all of them takes 40 ms of each run."""
    whole = open_dataset("dsprites", {}, Path("no-data"))
    indices = np.linspace(0, len(whole) - 1, COUNT).astype(np.int64)
    factors = replace(whole.factors, complete=False)
    return ImageTable.of_array(
        "dsprites", "dSprites", whole.images(indices), factors, whole.provenance, whole.labels(indices)
    )

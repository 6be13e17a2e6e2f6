"""Where binary sprites come from: the procedural rendering, drawn on demand and kept packed once that pays."""

import threading
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.dataset import Provenance
from training.factors import Factor, FactorSpace
from training.rendering import sprites

URL = "https://github.com/google-deepmind/dsprites-dataset"
LICENCE = "Apache-2.0"
CITATION = "Matthey, Higgins, Hassabis, Lerchner (2017): dSprites, disentanglement testing sprites dataset"


def factor_space() -> FactorSpace:
    """Return the five factors that vary; the official sixth, colour, has the one value white."""
    return FactorSpace(
        (
            Factor("shape", sprites.SHAPES, "categorical"),
            Factor("scale", tuple(sprites.SCALES.round(3).tolist()), "ordinal"),
            Factor("orientation", tuple(sprites.ORIENTATIONS.tolist()), "cyclic", "rad"),
            Factor("posX", tuple(sprites.POSITIONS.tolist()), "ordinal"),
            Factor("posY", tuple(sprites.POSITIONS.tolist()), "ordinal"),
        )
    )


class Sprites(Protocol):
    """A source of all 737,280 binary images."""

    provenance: Provenance

    def bits(self, indices: NDArray[np.int64]) -> sprites.Bits:
        """Images (n, 64, 64), uint8 of 0 and 1, of valid indices (n,)."""
        ...


@dataclass
class ProceduralSprites:
    """Sprites drawn when they are asked for.

    Drawing one costs about ten times as much as reading it from a packed store of the whole set (377 MB),
    and filling the store costs about as much as drawing every image once. So the store is filled when
    as many images as the set has were drawn: opening and a few pictures are instant, and a training run
    never pays more than twice the least possible.
    """

    space: FactorSpace = field(default_factory=factor_space)
    provenance: Provenance = field(
        default_factory=lambda: Provenance(
            "procedural",
            "drawn by Axiscope with the geometry of dSprites; not the original file",
            LICENCE,
            URL,
            CITATION,
        )
    )
    drawn: int = 0
    store: sprites.Rows | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def bits(self, indices: NDArray[np.int64]) -> sprites.Bits:
        """Images (n, 64, 64), uint8 of 0 and 1, of valid indices (n,)."""
        if self.store is None and self.drawn >= sprites.N_IMAGES:
            self.fill_store()
        if self.store is not None:
            return sprites.unpack(self.store[indices])
        self.drawn += len(indices)
        return sprites.unpack(sprites.render(self.space.from_index(indices)))

    def fill_store(self) -> None:
        """Draw the whole set now."""
        with self._lock:
            if self.store is None:
                self.store = sprites.render_all()

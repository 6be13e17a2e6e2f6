"""Scream-dSprites: inverted sprites over crops of a painting."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, MissingFiles
from training.config import FilePath, setting
from training.data.dataset import Images, ImageTable, Provenance
from training.data.distribution import DatasetConfig
from training.data.factors import Indices
from training.data.formats.dsprites import Sprites, generators, open_sprites, sprite_table
from training.data.formats.pictures import open_picture
from training.data.rendering import sprites
from training.data.sources import SourceFile, locate

TITLE = "Scream-dSprites"
SOURCE = "Locatello et al. (2019), Challenging common assumptions, appendix; sprites of Matthey et al. (2017)"
PAINTING = "scream.jpg"
FILES = (SourceFile(PAINTING, ("https://upload.wikimedia.org/wikipedia/commons/f/f4/The_Scream.jpg",)),)
HOW = "put the painting there or name it by the setting `painting`; without it a stand-in texture is drawn"
MAX_SIZE = (350, 274)


class Config(DatasetConfig):
    """Settings of Scream-dSprites."""

    painting: FilePath = setting("", "path of the painting; empty looks in the data directory, else draws a stand-in")
    seed: int = setting(0, "seed of crops and tints; an image keeps its own at every access", ge=0, lt=2**63)


def load_painting(path: Path) -> NDArray[np.float64]:
    """Load the painting, at most 350 wide and 274 high, aspect kept: float (height, width, 3) in [0, 1]."""
    try:
        picture = open_picture(path, "RGB")
    except FileNotFoundError:
        raise MissingFiles(
            f"got painting {path.name}, which does not exist; allowed: an existing file; correct the setting "
            "`painting`",
            field="/painting",
        ) from None
    picture.thumbnail(MAX_SIZE)
    if min(picture.size) < sprites.SIDE:
        raise DamagedFile(
            f"got {path.name}, {picture.size} after scaling; allowed: at least {sprites.SIDE} pixels a side; choose "
            "another"
        )
    return np.asarray(picture, np.float64) / 255


def stand_in() -> NDArray[np.float64]:
    """Draw swirling bands of warm sky and cold water, 274 x 220, in place of the painting."""
    y, x = np.mgrid[0:274, 0:220] / 40.0
    bend = np.sin(y * 1.7 + 1.3 * np.sin(x * 0.9)) + 0.5 * np.sin(3.1 * y - 2 * np.cos(x))
    warm, cold = np.array([0.86, 0.45, 0.18]), np.array([0.14, 0.22, 0.36])
    share = (0.5 + 0.4 * np.tanh(bend + 1.2 - y / 3))[..., None]
    return np.asarray((warm * share + cold * (1 - share)).clip(0, 1))


def _read(source: Sprites, painting: NDArray[np.float32], seed: int, indices: Indices) -> Images:
    height, width = painting.shape[0] - sprites.SIDE, painting.shape[1] - sprites.SIDE
    ground = np.empty((len(indices), sprites.SIDE, sprites.SIDE, 3), np.uint8)
    for image, rng in zip(ground, generators(seed, indices), strict=True):
        row, column = rng.integers(0, max(height, 1)), rng.integers(0, max(width, 1))
        crop = painting[row : row + sprites.SIDE, column : column + sprites.SIDE]
        tint = rng.uniform(0, 1, 3).astype(np.float32)
        # (crop + tint) / 2 in bytes, rounded
        np.add(crop, tint * np.float32(127.5) + np.float32(0.5), out=image, casting="unsafe")
    inside = source.bits(indices) * np.uint8(255)
    for channel in range(3):  # inverted inside: 255 minus a byte is the byte with all bits turned
        ground[..., channel] ^= inside
    return ground


def load(settings: Config, data_directory: Path) -> ImageTable:
    """Open Scream-dSprites; inside the sprite the background is inverted."""
    source = open_sprites(data_directory)
    path = Path(settings.painting) if settings.painting else locate(data_directory, "scream_dsprites", PAINTING)
    provenance: Provenance = source.provenance
    if path is None:
        note = f"{provenance.description}; stand-in background, not the painting"
        provenance = replace(provenance, source="stand-in", description=note)
    ground = stand_in() if path is None else load_painting(path)
    read = partial(_read, source, (ground * 127.5).astype(np.float32), settings.seed)
    return sprite_table("scream_dsprites", TITLE, 3, provenance, read)

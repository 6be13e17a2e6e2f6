"""Binary sprites of dSprites: of an official file, packed once, or drawn on demand."""

import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from models_zoo.errors import DamagedFile
from training.data.dataset import Array, Images, ImageTable, Provenance
from training.data.factors import Factor, FactorSpace, Indices
from training.data.formats.conversion import memory_mapped, shown
from training.data.rendering import sprites
from training.data.sources import SourceFile, locate, official

URL = "https://github.com/google-deepmind/dsprites-dataset"
LICENCE = "Apache-2.0"
CITATION = "Matthey, Higgins, Hassabis, Lerchner (2017): dSprites, disentanglement testing sprites dataset"

NPZ = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
HDF5 = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.hdf5"
RAW = "https://github.com/google-deepmind/dsprites-dataset/raw/master/"
FILES = (
    SourceFile(NPZ, (RAW + NPZ,), "git:d98996d3f8ee1550e06b9d4ed78d0beb478910d5"),
    SourceFile(
        HDF5,
        (RAW + HDF5,),
        "sha256:729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb",
        28_024_106,
    ),
)
"""Either of the two is enough; the npz is taken first."""
ROWS_PER_READ = 23_040
ReadBlocks = Callable[[Path, int], Iterator[NDArray[np.uint8]]]


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

    @property
    def provenance(self) -> Provenance:
        """Where the pixels come from."""
        ...

    def bits(self, indices: NDArray[np.int64]) -> sprites.Bits:
        """Return images (n, 64, 64), uint8 of 0 and 1, of valid indices (n,)."""
        ...


@dataclass
class ProceduralSprites:
    """Sprites drawn on demand.

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
        """Return images (n, 64, 64), uint8 of 0 and 1, of valid indices (n,)."""
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


@dataclass(frozen=True)
class PackedSprites:
    """Sprites of an official file, a bit a pixel, memory-mapped."""

    rows: sprites.Rows
    provenance: Provenance

    def bits(self, indices: NDArray[np.int64]) -> sprites.Bits:
        """Return images (n, 64, 64), uint8 of 0 and 1, of valid indices (n,)."""
        return sprites.unpack(self.rows[indices])


def blocks_of_npz(path: Path, n_images: int) -> Iterator[NDArray[np.uint8]]:
    """Yield blocks (rows, 64, 64) of `imgs` from the stream; the pickled `metadata` beside it is never opened.

    Raises
    ------
    DamagedFile
        If the file is truncated or its images have another shape.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open("imgs.npy") as stream:
            np.lib.format.read_magic(stream)
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
            _check_shape(path, shape, dtype, n_images)
            for start in range(0, n_images, ROWS_PER_READ):
                n = min(ROWS_PER_READ, n_images - start)
                block = stream.read(n * sprites.SIDE**2)
                if len(block) != n * sprites.SIDE**2:
                    raise DamagedFile(f"got {path.name}, which ends early; allowed: the published file; fetch it again")
                yield np.frombuffer(block, np.uint8).reshape(n, sprites.SIDE, sprites.SIDE)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole dSprites npz ({error}); allowed: the published file; fetch it again"
        ) from None


def blocks_of_hdf5(path: Path, n_images: int) -> Iterator[NDArray[np.uint8]]:
    """Yield blocks (rows, 64, 64) of `imgs` in the file's own chunks of rows: random access would take hours.

    Raises
    ------
    DamagedFile
        If the file is truncated or its images have another shape.
    """
    import h5py  # noqa: PLC0415 - few files are HDF5

    try:
        with h5py.File(path) as file:
            images = file["imgs"]
            _check_shape(path, images.shape, images.dtype, n_images)
            for start in range(0, n_images, ROWS_PER_READ):
                yield images[start : start + ROWS_PER_READ]
    except (OSError, KeyError) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole dSprites hdf5 ({error}); allowed: the published file; fetch it again"
        ) from None


def _check_shape(path: Path, shape: tuple[int, ...], dtype: DTypeLike, n_images: int) -> None:
    expected = (n_images, sprites.SIDE, sprites.SIDE)
    if tuple(shape) != expected or dtype != np.uint8:
        raise DamagedFile(
            f"got {path.name} with imgs of {dtype} {tuple(shape)}; allowed: uint8 {expected}; fetch it again"
        )


def pack(images: NDArray[np.uint8]) -> sprites.Rows:
    """Pack images (n, 64, 64) of 0 and 1 into rows (n, 64) uint64; the highest bit is the leftmost pixel."""
    packed = np.packbits(images, axis=2)
    return np.ascontiguousarray(packed).view(">u8")[..., 0].astype(np.uint64)


def open_official(data_directory: Path, n_images: int = sprites.N_IMAGES) -> PackedSprites | None:
    """Open the packed sprites of the official file, converted once; return None where there is no file.

    Raises
    ------
    DamagedFile
        If the file is truncated.
    """
    readers: dict[str, ReadBlocks] = {NPZ: blocks_of_npz, HDF5: blocks_of_hdf5}
    for source in FILES:
        path = locate(data_directory, "dsprites", source.name)
        if path is None:
            continue

        def fill(out: Array, path: Path = path, read: ReadBlocks = readers[source.name]) -> None:
            start, n_blocks = 0, -(-n_images // ROWS_PER_READ)
            for block in shown(read(path, n_images), n_blocks, "packing dSprites"):
                out[start : start + len(block)] = pack(block)
                start += len(block)

        rows = memory_mapped(path.parent / "packed.npy", (n_images, sprites.SIDE), np.uint64, fill, [path])
        return PackedSprites(rows, official([path], (source,), licence=LICENCE, url=URL, citation=CITATION))
    return None


def open_sprites(data_directory: Path) -> Sprites:
    """Open the sprites of the official file where it is in the data directory, else draw them."""
    return open_official(data_directory) or ProceduralSprites()


def sprite_table(
    name: str, title: str, channels: int, provenance: Provenance, read: Callable[[Indices], Images]
) -> ImageTable:
    """Return the table of a set of images that are made from the sprites."""
    return ImageTable(name, title, (sprites.SIDE, sprites.SIDE, channels), factor_space(), provenance, read)


def generators(seed: int, indices: NDArray[np.int64]) -> Iterator[np.random.Generator]:
    """Yield a generator for each image, a function of the data set's seed and the image's index alone.

    It is one object whose key is turned to the next image, which costs a sixth of making a new one:
    draw from it before asking for the next.
    """
    bits = np.random.Philox(key=[seed, 0])
    rng = np.random.Generator(bits)
    start = bits.state
    for index in indices:
        start["state"]["key"][1] = index
        bits.state = start
        yield rng

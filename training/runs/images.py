"""Images of the batches as tensors: read on the host and copied, or kept on the device and gathered there."""

import math
from collections.abc import Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import Dataset
from training.runs.batches import Batches, to_tensor

FILL_IMAGES = 4_096
MEMORY_SHARE = 0.5
"""Share of the free memory of a GPU that the images may take."""


class Images(Protocol):
    """Source of the images of the batches."""

    def read(self, batches: Sequence[tuple[Batches, int]]) -> Tensor:
        """Return the images of the given steps: float32 (len(batches), batch, channels, height, width) in [0, 1]."""
        ...


class HostImages:
    """Images read from the data set for each batch, and copied to the device."""

    def __init__(self, dataset: Dataset, device: torch.device) -> None:
        self._dataset, self._device = dataset, device

    def read(self, batches: Sequence[tuple[Batches, int]]) -> Tensor:
        """Return the images of the given steps."""
        indices = np.concatenate([each.indices(step) for each, step in batches])
        images = to_tensor(self._dataset.images(indices), self._device)
        return torch.unflatten(images, 0, (len(batches), -1))


class DeviceImages:
    """All images of a data set in the memory of the device; batches are chosen, gathered and unpacked there.

    The order of an epoch is copied to the device once.

    Parameters
    ----------
    store : uint8 (n, height * width * channels), or with ``bits`` (n, ceil(height * width * channels / 8))
        As `fill_store` makes it.
    image_shape : tuple of int
        Height, width, channels.
    bits : bool
        Whether a pixel is a bit, the first one the highest of a byte, which stands for 0 or 1.
    """

    def __init__(self, store: Tensor, image_shape: tuple[int, int, int], *, bits: bool) -> None:
        self._store, self._shape, self._bits = store, image_shape, bits
        self._shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=store.device)
        self._orders: WeakKeyDictionary[Batches, tuple[int, Tensor]] = WeakKeyDictionary()

    def read(self, batches: Sequence[tuple[Batches, int]]) -> Tensor:
        """Return the images of the given steps."""
        rows = self._store[torch.stack([self._indices(each, step) for each, step in batches])]
        if self._bits:
            rows = rows.unsqueeze(-1).bitwise_right_shift(self._shifts).bitwise_and_(1).flatten(2)
        images = rows[..., : math.prod(self._shape)].to(torch.float32)
        if not self._bits:
            images.div_(255)
        return torch.unflatten(images, 2, self._shape).permute(0, 1, 4, 2, 3)

    def _indices(self, batches: Batches, step: int) -> Tensor:
        parts = [self._order(batches, epoch)[span] for epoch, span in batches.spans(step)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _order(self, batches: Batches, epoch: int) -> Tensor:
        known = self._orders.get(batches)
        if known is None or known[0] != epoch:
            known = epoch, torch.from_numpy(batches.order(epoch)).to(self._store.device)
            self._orders[batches] = known
        return known[1]


def bytes_per_image(image_shape: tuple[int, int, int], *, bits: bool) -> int:
    """Return the bytes of one image in a store."""
    pixels = math.prod(image_shape)
    return -(-pixels // 8) if bits else pixels


def fill_store(dataset: Dataset, device: torch.device, *, bits: bool) -> Tensor | None:
    """Return all images as `DeviceImages` takes them; None where ``bits`` cannot hold a pixel, which is grey."""
    width = bytes_per_image(dataset.image_shape, bits=bits)
    store = torch.empty((len(dataset), width), dtype=torch.uint8, device=device)
    for start in range(0, len(dataset), FILL_IMAGES):
        stop = min(start + FILL_IMAGES, len(dataset))
        rows = dataset.images(np.arange(start, stop)).reshape(stop - start, -1)
        if bits:
            if not ((rows == 0) | (rows == 255)).all():
                return None
            rows = np.packbits(rows, axis=1)
        store[start:stop] = torch.from_numpy(rows)
    return store


_copies: WeakKeyDictionary[Dataset, DeviceImages] = WeakKeyDictionary()
"""Images of data sets in the memory of the GPU that the process uses."""


def open_images(dataset: Dataset, device: torch.device) -> Images:
    """Return the source of images for ``device``: its own memory on a GPU where they fit, else the host's.

    All runs of an open data set have one copy.
    """
    if device.type != "cuda":
        return HostImages(dataset, device)
    if dataset not in _copies and (copied := _copy(dataset, device)) is not None:
        _copies[dataset] = copied
    return _copies.get(dataset) or HostImages(dataset, device)


def _copy(dataset: Dataset, device: torch.device) -> DeviceImages | None:
    free = MEMORY_SHARE * torch.cuda.mem_get_info(device)[0]
    for bits in (True, False):
        if len(dataset) * bytes_per_image(dataset.image_shape, bits=bits) <= free:
            store = fill_store(dataset, device, bits=bits)
            if store is not None:
                return DeviceImages(store, dataset.image_shape, bits=bits)
    return None

"""Selection of the images of each step, and conversion of images to tensors."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models_zoo.errors import InvalidInput
from training.data.distribution import WeightedDraw
from training.data.factors import Indices

# Streams of randomness that the seed of a run starts, independent of each other; 2 is that of the split.
SHUFFLE_STREAM, EVALUATION_STREAM, ADVERSARY_STREAM = 1, 3, 4


class Batches:
    """Epochs without end, a pure function of seed and step: a resumed run needs no state of them.

    The stream is one permutation of the rows after another, or as many independent draws by weight; batch ``t`` is its
    rows ``[t * batch_size, (t + 1) * batch_size)`` and may cross the border of two epochs.

    Parameters
    ----------
    rows : int or int64 array (n,)
        Number of images, or the indices to draw from (a training split).
    batch_size : int
    seed : int
    stream : int
        Stream of the seed that shuffles; batches of different streams are independent.
    weights : float64 array (n,), optional
        Relative probabilities of the rows; None for shuffled epochs, in which each row comes once.
    """

    def __init__(
        self,
        rows: int | Indices,
        batch_size: int,
        seed: int,
        stream: int = SHUFFLE_STREAM,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self._rows = np.arange(rows, dtype=np.int64) if isinstance(rows, int) else rows
        self._batch_size = batch_size
        self._seed, self._stream = seed, stream
        self._epoch = -1
        self._order: Indices = self._rows
        self._weighted = None if weights is None else WeightedDraw(self._rows, weights)

    def order(self, epoch: int) -> Indices:
        """Return the image indices (rows,) of an epoch in the order in which it shows them."""
        if epoch != self._epoch:
            rng = np.random.default_rng([self._seed, self._stream, epoch])
            shown = rng.permutation(self._rows) if self._weighted is None else self._weighted.draw(len(self._rows), rng)
            self._order, self._epoch = shown, epoch
        return self._order

    def spans(self, step: int) -> Iterator[tuple[int, slice]]:
        """Yield the epochs that the batch of ``step`` >= 0 lies in, and its place in the order of each."""
        n_rows, start = len(self._rows), step * self._batch_size
        stop = start + self._batch_size
        while start < stop:
            epoch, offset = divmod(start, n_rows)
            length = min(stop - start, n_rows - offset)
            yield epoch, slice(offset, offset + length)
            start += length

    def indices(self, step: int) -> Indices:
        """Return the image indices (batch_size,) of step ``step`` >= 0."""
        return np.concatenate([self.order(epoch)[span] for epoch, span in self.spans(step)])


def to_tensor(images: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Convert uint8 images (batch, height, width, channels) to a tensor (batch, channels, height, width) in [0, 1].

    The tensor is float32, channels-last in memory.

    Raises
    ------
    InvalidInput
        If the images are not uint8 in four dimensions; other values may lie outside [0, 1] after the division.
    """
    if images.dtype != np.uint8 or images.ndim != 4:
        raise InvalidInput(
            f"got images of type {images.dtype} and shape {images.shape}; allowed: uint8 in [0, 255] of shape "
            "(n, height, width, channels); scale values in [0, 1] by 255 and round them",
            field="/images",
        )
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2).to(torch.float32).div_(255)

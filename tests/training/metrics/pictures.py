"""Images whose reconstructions are as blurred, noisy or poor in modes as a test wants them."""

from collections.abc import Callable

import numpy as np

from training.evaluation.table import CodeTable

N, SIDE = 600, 16


def squares(rng: np.random.Generator, n: int = N) -> np.ndarray:
    """Images (n, 16, 16, 1) in [0, 255] of a bright square somewhere."""
    images = np.full((n, SIDE, SIDE, 1), 20, dtype=np.uint8)
    for image, (row, column, level) in zip(images, rng.integers((0, 0, 100), (11, 11, 256), size=(n, 3)), strict=True):
        image[row : row + 5, column : column + 5] = level
    return images


class Album:
    """Originals with reconstructions made from them; a code is the row's number."""

    title = "squares"

    def __init__(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.images = squares(np.random.default_rng(0))
        self.change = change

    def originals(self, rows: np.ndarray) -> np.ndarray:
        return self.images[rows]

    def decode(self, latents: np.ndarray) -> np.ndarray:
        rows = np.rint(latents[:, 0]).astype(int)
        return self.change(self.images[rows] / 255).astype(np.float32)

    def network(self, kind: str, **settings: object) -> Callable[[np.ndarray], np.ndarray]:
        return lambda images: images.reshape(len(images), -1)[:, ::40].astype(float)

    def table(self, **more: object) -> CodeTable:
        numbers = np.arange(N, dtype=float)[:, None]
        return CodeTable(numbers, pictures=self, train=np.arange(300), test=np.arange(300, N), **more)

"""Fréchet distance between Gaussians, and the comparison of reconstructions with originals by it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.config import Config, setting
from training.data.dataset import Array
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.table import CodeTable, Network, Pictures, Rows, split_rows

Floats = NDArray[np.float64]
BATCH = 64


class FrechetConfig(Config):
    """Settings shared by the Fréchet distances."""

    images: int = setting(2_500, "originals, and as many reconstructions, that are compared", unit="images", ge=2)
    resamples: int = setting(10, "bootstrap resamples behind the 95 % interval; 0 for no interval", ge=0, le=1_000)


@dataclass(frozen=True)
class Gaussian:
    """Mean (f,) and covariance (f, f) of features."""

    mean: Floats
    covariance: Floats


def gaussian(features: Floats) -> Gaussian:
    """Return moments of features (n, f)."""
    return Gaussian(features.mean(axis=0), np.atleast_2d(np.cov(features, rowvar=False)))


def distance(a: Gaussian, b: Gaussian) -> float:
    """Return |m_a - m_b|² + tr(S_a + S_b - 2 (S_a^½ S_b S_a^½)^½) by two symmetric eigenproblems, never complex."""
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ b.covariance @ root)
    traces = np.trace(a.covariance) + np.trace(b.covariance) - 2 * np.sqrt(np.maximum(cross, 0)).sum()
    return max(0.0, float(((a.mean - b.mean) ** 2).sum() + traces))


def shrunk(images: Array, side: int) -> NDArray[np.float32]:
    """Average images (n, height, width, channels) over whole blocks until no side is above ``side``."""
    step = max(1, -(-max(images.shape[1:3]) // side))
    height, width = (size - size % step for size in images.shape[1:3])
    cut = images[:, :height, :width].astype(np.float32)
    n, _, _, channels = cut.shape
    return np.asarray(cut.reshape(n, height // step, step, width // step, step, channels).mean(axis=(2, 4)))


def as_bytes(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert images in [0, 1] to uint8 in [0, 255], as they would be stored."""
    return np.clip(np.rint(images * 255), 0, 255).astype(np.uint8)


def reconstructions(table: CodeTable, pictures: Pictures, rows: Rows) -> NDArray[np.uint8]:
    """Return decoded posterior means of the rows."""
    parts = [as_bytes(pictures.decode(table.codes[rows[i : i + BATCH]])) for i in range(0, len(rows), BATCH)]
    return np.concatenate(parts)


def two_samples(table: CodeTable, n: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Return rows to compare (from the test rows) and as many others for the floor; fewer in a small table."""
    train, test = split_rows(table, rng, in_order=True)
    n = min(n, len(train), len(test))
    return test[:n], train[:n]


@dataclass(frozen=True)
class Comparison:
    """Distance of reconstructions to originals with what is needed to judge it."""

    value: float
    interval: tuple[float, float] | None
    trace: float
    images: int
    details: dict[str, object]


def compare(originals: Floats, decoded: Floats, others: Floats, rng: np.random.Generator, resamples: int) -> Comparison:
    """Compare features (n, f) of originals, of their reconstructions, and of other originals (the floor)."""
    real = gaussian(originals)
    value, floor = distance(real, gaussian(decoded)), distance(real, gaussian(others))
    trace = float(np.trace(real.covariance))
    spread = None
    if resamples > 1:
        draws = (rng.integers(0, len(originals), len(originals)) for _ in range(resamples))
        replicates = [distance(gaussian(originals[rows]), gaussian(decoded[rows])) for rows in draws]
        half = NORMAL_95 * float(np.std(replicates, ddof=1))
        spread = (max(0.0, value - half), value + half)
    details = {
        "floor": floor,
        "relative": value / trace if trace > 0 else None,
        "relative_floor": floor / trace if trace > 0 else None,
        "trace": trace,
        "images": len(originals),
        "features": originals.shape[1],
        "sample": "reconstructions of the posterior means against their originals",
    }
    return Comparison(value, spread, trace, len(originals), details)


def by_network(
    table: CodeTable, pictures: Pictures, network: Network, config: FrechetConfig, rng: np.random.Generator
) -> Comparison:
    """Compare by the features of a network."""
    rows, others = two_samples(table, config.images, rng)
    return compare(
        network(pictures.originals(rows)),
        network(reconstructions(table, pictures, rows)),
        network(pictures.originals(others)),
        rng,
        config.resamples,
    )

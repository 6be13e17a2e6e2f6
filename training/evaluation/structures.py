"""Synthetic codes of known structure for the stress test of the metrics.

What a structure has follows from its construction (terms of Ridgeway & Mozer 2018 and Carbonneau et al. 2022). Modular:
each latent depends on one factor at most. Compact: each factor acts on one latent at most. Explicit: each factor can be
read off the codes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.evaluation.table import CodeTable, Floats, Rows

Claim = Literal["modular", "compact", "explicit"]
SIZES = (5, 6, 7, 8)
WIDTH = 0.02
"""Standard deviation of the noise on every latent; a factor runs from -1 to 1."""
Encode = Callable[[Floats, Rows, np.random.Generator], Floats]
Draw = Callable[[int, np.random.Generator], Rows]


@dataclass(frozen=True)
class Structure:
    """One way to code the factors, or to draw them.

    Parameters
    ----------
    meaning : str
        Construction.
    holds : mapping
        Whether the codes are modular, compact and explicit; None where the definition leaves it open.
    encode : callable
        Codes (n, d) without noise from factors scaled to [-1, 1] (n, k), their classes (n, k), and a generator.
    draw : callable
        Classes (n, k) of n rows.
    """

    meaning: str
    holds: Mapping[Claim, bool | None]
    encode: Encode
    draw: Draw = lambda n, rng: rng.integers(0, SIZES, size=(n, len(SIZES)))


def has(modular: bool | None, compact: bool | None, explicit: bool | None) -> dict[Claim, bool | None]:
    """Return what a structure has."""
    return {"modular": modular, "compact": compact, "explicit": explicit}


def correlated(n: int, rng: np.random.Generator) -> Rows:
    """Draw classes of which the first two are correlated: Träuble et al. 2021, sigma 0.2."""
    first, second = (np.linspace(0, 1, size) for size in SIZES[:2])
    weight = np.exp(-((first[:, None] - second[None, :]) ** 2) / (2 * 0.2**2))
    pair = rng.choice(weight.size, size=n, p=(weight / weight.sum()).ravel())
    rest = rng.integers(0, SIZES[2:], size=(n, len(SIZES) - 2))
    return np.column_stack([*np.unravel_index(pair, weight.shape), rest])


def with_holes(n: int, rng: np.random.Generator) -> Rows:
    """Draw classes without the combinations in which both of the first two factors are in their upper half."""
    drawn = rng.integers(0, SIZES, size=(4 * n, len(SIZES)))
    allowed = ~((drawn[:, 0] >= SIZES[0] // 2) & (drawn[:, 1] >= SIZES[1] // 2))
    return drawn[allowed][:n]


def _rotated(u: Floats, _classes: Rows, _rng: np.random.Generator) -> Floats:
    turn = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    return np.hstack([u[:, :2] @ turn, u[:, 2:] @ turn])


def _split(u: Floats, classes: Rows, _rng: np.random.Generator) -> Floats:
    halves = [part for k in range(len(SIZES)) for part in (classes[:, k] // 2, classes[:, k] % 2)]
    del u
    return np.column_stack(halves).astype(np.float64)


def _merged(u: Floats, classes: Rows, _rng: np.random.Generator) -> Floats:
    pairs = [classes[:, k] * SIZES[k + 1] + classes[:, k + 1] for k in (0, 2)]
    del u
    return np.column_stack(pairs).astype(np.float64)


def _non_monotone(_u: Floats, classes: Rows, rng: np.random.Generator) -> Floats:
    columns = [rng.permutation(size)[classes[:, k]] / (size - 1) for k, size in enumerate(SIZES)]
    return 2 * np.column_stack(columns) - 1


def _noise(u: Floats, _classes: Rows, rng: np.random.Generator) -> Floats:
    return rng.normal(size=u.shape)


def _perfect(u: Floats, _classes: Rows, _rng: np.random.Generator) -> Floats:
    return u


STRUCTURES: dict[str, Structure] = {
    "perfect": Structure("one latent for each factor", has(True, True, True), _perfect),
    "rotated": Structure("pairs of latents turned by 45 degrees", has(False, False, True), _rotated),
    "duplicated": Structure("every latent twice", has(True, False, True), lambda u, _c, _r: np.hstack([u, u])),
    "split": Structure("each factor in two latents, class div 2 and class mod 2", has(True, False, True), _split),
    "merged": Structure("two factors in one latent, the number of their combination", has(False, True, None), _merged),
    "non_monotone": Structure("the classes of each factor in random order", has(True, True, None), _non_monotone),
    "dead": Structure(
        "as many latents again that carry nothing", has(True, True, True), lambda u, _c, _r: np.hstack([u, 0 * u])
    ),
    "leaky": Structure(
        "each latent has 0.4 of the next factor besides its own",
        has(False, False, True),
        lambda u, _c, _r: u + 0.4 * np.roll(u, -1, axis=1),
    ),
    "noisy": Structure(
        "each latent has noise of standard deviation 0.5",
        has(True, True, False),
        lambda u, _c, rng: u + rng.normal(scale=0.5, size=u.shape),
    ),
    "correlated": Structure(
        "perfect codes; two factors are drawn correlated", has(True, True, True), _perfect, correlated
    ),
    "holes": Structure(
        "perfect codes; a quarter of the combinations of two factors is never drawn",
        has(True, True, True),
        _perfect,
        with_holes,
    ),
    "noise": Structure("codes that do not depend on the factors", has(None, None, False), _noise),
}


def make_table(name: str, n: int, seed: int) -> CodeTable:
    """Return ``n`` rows of a structure."""
    structure, rng = STRUCTURES[name], np.random.default_rng([seed, sorted(STRUCTURES).index(name)])
    classes: NDArray[np.int64] = np.asarray(structure.draw(n, rng), np.int64)
    codes = structure.encode(2 * classes / (np.array(SIZES) - 1) - 1, classes, rng)
    codes = codes + WIDTH * rng.normal(size=codes.shape)
    names = tuple("abcd"[: len(SIZES)])
    return CodeTable(codes, classes, names, SIZES, logvar=np.full(codes.shape, 2 * np.log(WIDTH)))

"""DCI-ES: explicitness from loss-capacity curves, and size.

Read in the authors' code: andreinicolicioiu/DCI-ES, metrics/explitcitness.py, src/simple_gather.py (losses, baselines)
and configs/random_forest/config.yaml (depths). The code computes no size, and of the paper's text only the abstract
could be read, which calls it relative to the ground truth: the ratio K / D is not checked against a source.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import is_constant
from training.evaluation.estimators.information import informative
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "DCI-ES"
SOURCE = "Eastwood et al. 2023, DCI-ES: An Extended Disentanglement Framework, section 4"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="Explicitness (the score): how little capacity a probe needs to read a factor. The curve of the lowest "
    "loss by capacity falls at once (1), in a straight line (0) or at the end (-1); mean over factors. Probes are "
    "random forests, capacity is the depth of their trees. Details: size, factors per latent.",
    formula="E = 1 - 2 integral (l(c) - l*) dc / ((c_max - c_min) (l_b - l*)), S = K / D",
    citation=SOURCE,
    chance="The same after the rows of the codes were shuffled, with a tenth of the trees. 1 in parity mode, since a "
    "curve that never falls has no area.",
    misses="How low the curve falls is not part of E: read `details.informativeness` beside it. Trees cut along the "
    "axes, so that a rotated code counts as hard to read, which it is not for a linear probe. D, C and I are `dci`.",
    parity="parity: the authors' code, which takes 0 for the loss l* below l_b; size counts all latents. corrected: l* "
    "is the lowest loss reached, a factor that no probe reads counts 0, and latents without information are left out.",
    worst=-1.0,
    tolerance=2e-2,
    claims=("explicit",),
)
DEPTHS = (1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32)
"""Depths of the authors' configuration of random forests."""
STANDARD_ERRORS = 6.0
"""A factor counts as read where the best probe is better than guessing by this much."""
SHARE_OF_TREES = 10

Data = tuple[NDArray[np.float64], NDArray[np.int64]]


class Config(BaseConfig):
    """Settings of DCI-ES."""

    loss: Literal["error", "squared"] = setting(
        "error",
        "loss of a probe: share of wrong values, or 1 - R² of their numbers, as the authors do for continuous factors",
    )
    trees: int = setting(100, "trees of a forest", source="Eastwood et al. 2023, code", ge=1, le=10_000)
    rows: int = setting(1_000, "rows to fit on at most, and to score on", unit="rows", ge=2, le=1_000_000)
    resamples: int = setting(
        50, "bootstrap resamples of the test rows behind the 95 % interval; 0 for none", ge=0, le=10_000
    )


def explicitness(losses: NDArray[np.float64], baseline: float, lowest: float) -> float:
    """Return E of one loss-capacity curve.

    Parameters
    ----------
    losses : float64 array of shape (12,)
        Loss at each of `DEPTHS`. What more capacity makes worse counts as the lowest loss so far.
    baseline : float
        Loss without codes, l_b.
    lowest : float
        l* of the normaliser, below ``baseline``.

    Returns
    -------
    float
        From -1 to 1 where no loss is above ``baseline``.
    """
    curve = np.minimum.accumulate(losses)
    area = np.trapezoid(curve - curve[-1], DEPTHS)
    return float(1 - 2 * area / ((DEPTHS[-1] - DEPTHS[0]) * (baseline - lowest)))


def predictions(
    forest: RandomForestClassifier | RandomForestRegressor, codes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean over trees of what each tree holds where it is cut off at each of `DEPTHS`.

    A tree grows from its root, so that a deep one cut off at a depth is a tree of that depth: one forest serves all
    capacities.

    Returns
    -------
    float64 array of shape (12, m, c)
        Shares of the classes, or one value.
    """
    rows, values = np.arange(len(codes)), codes.astype(np.float32)
    total = np.zeros((len(DEPTHS), len(codes), forest.estimators_[0].tree_.value.shape[2]))
    for tree in (each.tree_ for each in forest.estimators_):
        node = np.zeros(len(codes), dtype=np.int64)
        for place, steps in enumerate(np.diff(DEPTHS, prepend=0)):
            for _ in range(steps):
                left = tree.children_left[node]
                if (left < 0).all():
                    break
                below = values[rows, np.maximum(tree.feature[node], 0)] <= tree.threshold[node]
                node = np.where(left < 0, node, np.where(below, left, tree.children_right[node]))
            total[place] += tree.value[node, 0]
    return total / len(forest.estimators_)


def losses(train: Data, test: Data, config: Config, trees: int, seed: int, jobs: int) -> NDArray[np.float64]:
    """Return the loss of each test row (12, m, k) at each of `DEPTHS`.

    Wrong (1) or right (0); or the squared error divided by the variance over the test rows.
    """
    found = []
    for classes, fresh in zip(train[1].T, test[1].T, strict=True):
        if config.loss == "error":
            forest = RandomForestClassifier(trees, max_depth=DEPTHS[-1], random_state=seed, n_jobs=jobs)
            guess = predictions(forest.fit(train[0], classes), test[0]).argmax(axis=2)
            found.append(forest.classes_[guess] != fresh)
        else:
            forest = RandomForestRegressor(trees, max_depth=DEPTHS[-1], random_state=seed, n_jobs=jobs)
            guess = predictions(forest.fit(train[0], classes), test[0])[:, :, 0]
            found.append((guess - fresh) ** 2 / (fresh.var() or 1.0))
    return np.stack(found, axis=2).astype(np.float64)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return explicitness.

    Details: ``per_factor`` (k,), ``size``, ``losses`` (k, 12), ``depths``, ``baseline`` (k,), ``informativeness``,
    ``bound``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; DCI-ES predicts factors from codes")
    sides = [
        rng.choice(side, config.rows, replace=False) if len(side) > config.rows else side
        for side in split_rows(table, rng, in_order=not options.corrected)
    ]
    varying = np.array([len(np.unique(column[sides[0]])) > 1 for column in table.factors.T])
    if not varying.any():
        return not_applicable("no factor varies on the train rows")
    factors = table.factors[:, varying]
    kept = informative(table, rng) if options.corrected else ~is_constant(table.codes)
    details: dict[str, object] = {
        "depths": DEPTHS,
        "size": float(varying.sum() / max(1, kept.sum() if options.corrected else table.n_latents)),
    }
    if not kept.any():
        return Score(0.0, chance=0.0, details=details)
    seed = int(rng.integers(2**31))
    baseline = np.array([_baseline(column, config, options) for column in factors[sides[1]].T])

    def of(codes: NDArray[np.float64], trees: int) -> NDArray[np.float64]:
        train, test = ((codes[side], factors[side]) for side in sides)
        return losses(train, test, config, trees, seed, options.jobs)

    def per_factor(found: NDArray[np.float64]) -> NDArray[np.float64]:
        error = STANDARD_ERRORS * found.std(axis=1).max(axis=0) / np.sqrt(found.shape[1])
        curves, scores = found.mean(axis=1), np.zeros(factors.shape[1])
        for k, curve in enumerate(curves.T):
            lowest = curve.min() if options.corrected else 0.0
            if not options.corrected or baseline[k] - lowest > error[k]:
                scores[k] = explicitness(curve, baseline[k], lowest)
        return scores

    codes = table.codes[:, kept]
    found, few = of(codes, config.trees), max(1, config.trees // SHARE_OF_TREES)
    scores = per_factor(found)
    value = float(scores.mean())
    test = len(sides[1])
    replicates = np.array([per_factor(found[:, rng.integers(0, test, test)]).mean() for _ in range(config.resamples)])
    full = np.zeros(table.n_factors)
    full[varying] = scores
    return Score(
        float(np.clip(value, -1, 1)),
        interval=around(value, replicates, -1.0) if len(replicates) > 1 else None,
        chance=float(per_factor(of(codes[rng.permutation(table.n)], few)).mean()),
        details={
            **details,
            "per_factor": full,
            "losses": found.mean(axis=1).T,
            "baseline": baseline,
            "informativeness": float(1 - found.mean(axis=1).min(axis=0).mean()),
            "bound": float(per_factor(of(factors.astype(np.float64), config.trees)).mean()),
        },
    )


def _baseline(classes: NDArray[np.int64], config: Config, options: EvaluationOptions) -> float:
    """Return the loss without codes: of the mean, of the most frequent value, or in parity mode of any value."""
    counts = np.bincount(classes)
    if config.loss == "squared":
        return 1.0
    return float(1 - counts.max() / counts.sum()) if options.corrected else 1 - 1 / int((counts > 0).sum())

"""The metric of the beta-VAE paper: a classifier names the factor that two images share."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import standardised
from training.evaluation.estimators.interventions import Groups, group
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "BetaVAE"
SOURCE = "Higgins et al. 2017, beta-VAE, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="intervention",
    definition="Pairs of images share one factor and differ in all others. A linear classifier is given the absolute "
    "difference of their codes, mean over 64 pairs, and names the shared factor; accuracy on fresh points.",
    formula="accuracy of logistic regression from mean_64 |z_a - z_b| to k",
    citation=SOURCE,
    chance="One over the number of factors that can be held: a guess among them.",
    misses="Nearly any informative code scores 1, rotated ones too: the classifier may combine latents. It separates "
    "failures from the rest and ranks nothing.",
    parity="parity equals disentanglement_lib's beta_vae_score on unscaled codes. corrected: standardised codes, since "
    "the penalty of the classifier has a scale, and a solver that converges. Pairs are drawn among the rows that share "
    "the value.",
    tolerance=1e-3,
    version=2,
    claims=("modular",),
)
BLOCK = 500
TOLERANCE = 1e-8


class Config(BaseConfig):
    """Settings of the BetaVAE metric."""

    batch_size: int = setting(64, "pairs behind one point", unit="pairs", source="Locatello et al. 2019", ge=1, le=4096)
    train_points: int = setting(10_000, "points to fit on", source="Locatello et al. 2019", ge=10, le=1_000_000)
    test_points: int = setting(5_000, "points to score on", source="Locatello et al. 2019", ge=10, le=1_000_000)


def draw(
    codes: NDArray[np.float32], groups: list[Groups], n_points: int, batch_size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw points (n_points, d) and the factor (n_points,) that the pairs behind each of them shared."""
    n = len(codes)
    shared = rng.integers(0, len(groups), size=n_points)
    points = np.empty((n_points, codes.shape[1]), dtype=np.float32)
    for k, rows_of in enumerate(groups):
        chosen = np.flatnonzero(shared == k)
        for start in range(0, len(chosen), BLOCK):
            some = chosen[start : start + BLOCK]
            left = rng.integers(0, n, size=(len(some), batch_size))
            difference = codes[left]
            difference -= codes[rows_of.partners(left, rng)]
            points[some] = np.abs(difference, out=difference).mean(axis=1)
    return points, shared


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return accuracy on fresh points.

    Details: ``train_accuracy``, ``factors`` used, ``weights`` (k, d) of the classifier.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; pairs that share a factor cannot be drawn")
    sizes = [len(np.unique(column)) for column in table.factors.T]
    all_groups = [group(column) for column in table.factors.T]
    used = [k for k, rows_of in enumerate(all_groups) if sizes[k] > 1 and rows_of.smallest > 1]
    if len(used) < 2:
        return not_applicable("fewer than two factors vary and have two rows or more at every value")
    codes = standardised(table.codes) if options.corrected else table.codes
    narrow = codes.astype(np.float32)
    groups = [all_groups[k] for k in used]
    points, shared = draw(narrow, groups, config.train_points, config.batch_size, rng)
    fresh, truth = draw(narrow, groups, config.test_points, config.batch_size, rng)
    # the default solver stops before it converges, at a point that depends on the last bit of its input
    model = LogisticRegression(solver="newton-cholesky", tol=TOLERANCE) if options.corrected else LogisticRegression()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points.astype(np.float64) if options.corrected else points, shared)
    value = float(model.score(fresh, truth))
    half = NORMAL_95 * np.sqrt(value * (1 - value) / config.test_points)
    return Score(
        value,
        interval=(max(0.0, value - half), min(1.0, value + half)),
        chance=1 / len(used),
        details={
            "train_accuracy": float(model.score(points, shared)),
            "factors": used,
            "weights": model.coef_,
        },
    )

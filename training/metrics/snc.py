"""SNC: accuracy of reading each factor from one latent by thresholds alone.

Read in the authors' code: Lou1sM/snc_nk, snc_nk.py (`simple_accs`) and utils.py (`cond_ent_for_alignment`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.information import from_counts, joint_counts
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "Single-neuron classification"
SOURCE = "Mahon et al. 2023, Correcting Flaws in Common Disentanglement Metrics, section 4"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="One latent is assigned to each factor, so that their mutual information is largest in total. Its range "
    "is cut into as many bins as the factor has values, each bin is assigned one value, and the accuracy is read on "
    "rows that were not fitted on; mean over factors.",
    formula="(1/K) sum_k P(bin_k(z_s(k)) = v_k), s and bin_k by assignment on the train rows",
    citation=SOURCE,
    chance="The same after the rows of the codes were shuffled.",
    misses="The second measure of the paper, neuron knockout, trains a network for each factor with and without its "
    "latent, and is not computed here. A latent whose bins overlap gets no credit for the order of its values. A "
    "factor for which no latent is left counts its most frequent value.",
    parity="parity: the authors' code, bins of equal counts, which cut through values that are not equally frequent: "
    "`details.bound` is the score of a perfect code. corrected: each bin has the count of one value, in the order of "
    "the values' mean codes.",
    claims=("modular", "compact"),
)


class Config(BaseConfig):
    """Settings of single-neuron classification."""

    resamples: int = setting(
        10, "bootstrap resamples of the test rows behind the 95 % interval; 0 for none", ge=0, le=10_000
    )


def thresholds(column: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return the lower ends (size - 1,) of all bins of equal counts but the first."""
    return np.sort(column)[(np.arange(1, size) * len(column) / size).astype(np.int64)]


def quantile_bins(codes: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Return the bin of equal counts (n, d) of each code, in [0, size)."""
    bins = [np.searchsorted(thresholds(column, size), column, side="right") for column in codes.T]
    return np.stack(bins, axis=1).astype(np.int64)


def align(codes: NDArray[np.float64], factors: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the latent (k,) that is assigned to each factor, -1 where none is left.

    Parameters
    ----------
    codes : float64 array of shape (n, d)
    factors : int64 array of shape (n, k)
        Classes counted from 0.
    sizes : int64 array of shape (k,)
        Number of classes.
    """
    information = np.zeros((codes.shape[1], len(sizes)))
    for k, size in enumerate(sizes):
        information[:, k] = from_counts(joint_counts(quantile_bins(codes, size), factors[:, k], size, size))
    latents, columns = linear_sum_assignment(information, maximize=True)
    latent_of = np.full(len(sizes), -1)
    latent_of[columns] = latents
    return latent_of


def thresholds_of_classes(column: NDArray[np.float64], classes: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Return the lower ends (size - 1,) of bins with the counts of the classes, in the order of their mean codes."""
    counts = np.bincount(classes, minlength=size)
    means = np.bincount(classes, column, minlength=size) / np.maximum(counts, 1)
    cuts = np.cumsum(counts[np.argsort(means)])[:-1].clip(1, len(column) - 1)
    ascending = np.sort(column)
    return np.asarray((ascending[cuts - 1] + ascending[cuts]) / 2)


def read(
    train: tuple[NDArray[np.float64], NDArray[np.int64]],
    test: NDArray[np.float64],
    size: int,
    *,
    equal_counts: bool,
) -> NDArray[np.int64]:
    """Return the class (m,) of each test code, by bins and the classes that the train rows assign to them."""
    column, classes = train
    ends = thresholds(column, size) if equal_counts else thresholds_of_classes(column, classes, size)
    counts = joint_counts(np.searchsorted(ends, column, side="right")[:, None], classes, size, size)[0]
    class_of = linear_sum_assignment(counts, maximize=True)[1]
    return np.asarray(class_of[np.searchsorted(ends, test, side="right")])


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean accuracy; details: ``per_factor`` (k,), ``latent_of_factor`` (k,), ``bound``."""
    if table.factors is None:
        return not_applicable("the images have no labels; SNC reads factors from codes")
    train, test = split_rows(table, rng, in_order=not options.corrected)
    classes, sizes = [], []
    for column in table.factors.T:
        values, numbered = np.unique(column, return_inverse=True)
        classes.append(numbered)
        sizes.append(len(values))
    factors, counts = np.stack(classes, axis=1), np.array(sizes)
    varying = np.flatnonzero(counts > 1)
    if not len(varying):
        return not_applicable("every factor has one value on these rows")

    def right(codes: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        latent_of = align(codes[train], factors[train][:, varying], counts[varying])
        columns = []
        for latent, k in zip(latent_of, varying, strict=True):
            if latent < 0:
                guess = np.full(len(test), np.bincount(factors[train, k]).argmax())
            else:
                fitted = codes[train, latent], factors[train, k]
                guess = read(fitted, codes[test, latent], counts[k], equal_counts=not options.corrected)
            columns.append(guess == factors[test, k])
        return np.stack(columns, axis=1), latent_of

    found, latents = right(table.codes)
    value = float(found.mean())
    replicates = np.array([found[rng.integers(0, len(test), len(test))].mean() for _ in range(config.resamples)])
    per_factor, latent_of = np.zeros(table.n_factors), np.full(table.n_factors, -1)
    per_factor[varying], latent_of[varying] = found.mean(axis=0), latents
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=float(right(table.codes[rng.permutation(table.n)])[0].mean()),
        details={
            "per_factor": per_factor,
            "latent_of_factor": latent_of,
            "bound": float(right(factors.astype(np.float64))[0].mean()),
        },
    )

"""InfoMEC: modularity, explicitness and compactness in units of information.

Read in the authors' code: kylehkhsu/latent_quantization, disentangle/metrics/infomec.py.
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import standardised
from training.evaluation.estimators.information import factor_entropies, informative
from training.evaluation.estimators.nearest_neighbours import information_matrix
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "InfoMEC"
SOURCE = "Hsu et al. 2023, Disentanglement via Latent Quantization, section 4"
INFO = MetricInfo(
    title=TITLE,
    family="information",
    definition="InfoM (the score): the share of a latent's information that is on its best factor, 0 where all "
    "factors have the same share; mean over active latents. InfoC: the same over the latents of a factor. InfoE: how "
    "much of a factor's entropy a multinomial logistic regression on all latents removes. Information by nearest "
    "neighbours, without bins.",
    formula="InfoM = (mean_j max_k N_jk / sum_k N_jk - 1/K) / (1 - 1/K), N_jk = I(z_j; v_k) / H(v_k)",
    citation=SOURCE,
    chance="Mean InfoM over three shuffles of the rows of the codes: far from 0, since the ratios of small numbers "
    "are arbitrary.",
    misses="InfoM alone ignores factors that no latent codes and codes that are nearly noise: read the three "
    "together. InfoE is linear: a factor coded around a circle is read in full only if both of its coordinates are "
    "there.",
    parity="parity: the authors' code: latents with a range above a twentieth of the largest, InfoE on the rows it "
    "was fitted on, classes weighted to balance. corrected: latents that carry information on some factor, InfoE on "
    "rows it was not fitted on, against the frequencies of the classes.",
    claims=("modular",),
)
NEIGHBOURS = 10
SHUFFLES = 3


class Config(BaseConfig):
    """Settings of InfoMEC."""

    rows: int = setting(
        10_000, "rows drawn where there are more", unit="rows", source="Hsu et al. 2023, code", ge=20, le=1_000_000
    )
    max_iterations: int = setting(
        100, "steps of the solver of the regressions", source="Hsu et al. 2023, code", ge=1, le=100_000
    )
    resamples: int = setting(
        10, "subsamples of half the rows behind the 95 % interval; 0 for no interval", ge=0, le=10_000
    )


def concentration(shares: NDArray[np.float64]) -> float:
    """Return the mean share of the largest entry of each row (n, m), from 0 (all equal) to 1 (one entry).

    A row of zeros counts as m equal entries.
    """
    n, m = shares.shape
    if n == 0 or m < 2:
        return 0.0
    total = shares.sum(axis=1)
    largest = np.where(total > 0, shares.max(axis=1) / np.where(total > 0, total, 1.0), 1 / m)
    return float((largest.mean() - 1 / m) / (1 - 1 / m))


def explicitness(
    train: tuple[NDArray[np.float64], NDArray[np.int64]],
    test: tuple[NDArray[np.float64], NDArray[np.int64]],
    iterations: int,
    *,
    balanced: bool,
) -> float:
    """Return the share of the entropy of one factor that a logistic regression removes.

    Parameters
    ----------
    train, test : (float64 array of shape (n, d), int64 array of shape (n,))
        Standardised codes and classes. Rows of ``test`` with a class that ``train`` lacks are left out.
    iterations : int
        Largest number of steps of the solver.
    balanced : bool
        Weight the classes to balance, as the authors do: the entropy without codes is then that of equal classes.

    Returns
    -------
    float
        At most 1; negative where the codes mislead.
    """
    classes, frequency = np.unique(train[1], return_counts=True)
    known = np.isin(test[1], classes)
    model = LogisticRegression(C=np.inf, class_weight="balanced" if balanced else None, max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(train[0], train[1])
    shares = np.full(len(classes), 1 / len(classes)) if balanced else frequency / frequency.sum()
    guess = np.broadcast_to(shares, (known.sum(), len(classes)))
    without = log_loss(test[1][known], guess, labels=classes)
    return float(1 - log_loss(test[1][known], model.predict_proba(test[0][known]), labels=classes) / without)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return InfoM; details: ``infoe``, ``infoc``, ``infoe_per_factor``, ``nmi`` (d, k), ``active`` (d,)."""
    if table.factors is None:
        return not_applicable("the images have no labels; InfoMEC compares codes with factors")
    varying = factor_entropies(table.factors) > 0
    if varying.sum() < 2:
        return not_applicable(f"InfoMEC compares factors with one another and {varying.sum()} varies on these rows")
    rows = np.sort(rng.choice(table.n, config.rows, replace=False)) if table.n > config.rows else np.arange(table.n)
    codes, factors = table.codes[rows], table.factors[rows][:, varying]
    if options.corrected:
        active = informative(table, rng)
    else:
        ranges = np.ptp(codes, axis=0)
        active = ranges > ranges.max() / 20

    def nmi(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        matrix = information_matrix(codes[code_rows][:, active], factors[factor_rows], NEIGHBOURS, rng)
        entropies = factor_entropies(factors[factor_rows])
        return matrix / np.where(entropies > 0, entropies, 1.0)

    straight = np.arange(len(rows))
    found = nmi(straight, straight)
    per_factor = _explicitness_per_factor(table, table.factors[:, varying], rng, config, options)
    value = concentration(found)
    # Scores of half the rows, drawn without repetition, vary about that of all rows as much as that one varies itself.
    halves = (rng.choice(straight, len(straight) // 2, replace=False) for _ in range(config.resamples))
    replicates = np.array([concentration(nmi(half, half)) for half in halves])
    full = np.zeros((table.n_latents, table.n_factors))
    full[np.ix_(active, varying)] = found
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=float(np.mean([concentration(nmi(rng.permutation(straight), straight)) for _ in range(SHUFFLES)])),
        details={
            "infoe": float(np.mean(per_factor)),
            "infoc": concentration(found.T),
            "infoe_per_factor": per_factor,
            "nmi": full,
            "active": active,
        },
    )


def _explicitness_per_factor(
    table: CodeTable, factors: NDArray[np.int64], rng: np.random.Generator, config: Config, options: EvaluationOptions
) -> NDArray[np.float64]:
    """Return InfoE of each factor (k,), at least 0."""
    parts = split_rows(table, rng, in_order=False) if options.corrected else (np.arange(table.n),)
    drawn = [rng.choice(part, config.rows, replace=False) if len(part) > config.rows else part for part in parts]
    train, test = drawn[0], drawn[-1]
    codes = standardised(table.codes)
    found = np.zeros(factors.shape[1])
    for place, column in enumerate(factors.T):
        if len(np.unique(column[train])) > 1:
            sides = (codes[train], column[train]), (codes[test], column[test])
            found[place] = max(0.0, explicitness(*sides, config.max_iterations, balanced=not options.corrected))
    return found

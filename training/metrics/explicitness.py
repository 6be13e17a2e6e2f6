"""Explicitness: how well a linear classifier reads each factor from all latents."""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import is_constant
from training.evaluation.estimators.resampling import NORMAL_95
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, Floats, split_rows

TITLE = "Explicitness"
SOURCE = "Ridgeway & Mozer 2018, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="Area under the ROC curve, one class against the rest, of a multinomial logistic regression that reads "
    "a factor from the standardised code; mean over classes, then over factors, on rows it was not fitted on.",
    formula="(1/K) sum_k (1/n_k) sum_c AUC(v_k = c)",
    citation=SOURCE,
    chance="0.5, the area under the curve of a guess.",
    misses="Rotation of the latents changes nothing, so it is no measure of disentanglement, but of whether the "
    "factors are there in linear form. Chance is 0.5; `details.normalised` is 2 AUC - 1.",
    parity="Both modes equal disentanglement_lib's explicitness_score_test with scikit-learn's default solver (lbfgs, "
    "multinomial); classes that the test rows lack are left out, constant latents dropped.",
    tolerance=1e-4,
    claims=("explicit",),
)


class Config(BaseConfig):
    """Settings of explicitness."""

    max_iterations: int = setting(
        100, "steps of the solver; more move scores little", source="scikit-learn's default", ge=1, le=100_000
    )


def one_vs_rest_auc(scores: Floats, classes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the mean one-vs-rest AUC and what each row contributes to it.

    Parameters
    ----------
    scores : float64 array of shape (n, c)
        Column j scores class j.
    classes : int64 array of shape (n,) in [0, c)

    Returns
    -------
    auc : float64 array of shape (c,)
        NaN for a class without or with all of the rows.
    influence : float64 array of shape (n,)
        Influence of each row on the mean over defined classes; its variance over n is that of the mean
        (DeLong et al. 1988, summed over classes).
    """
    n, c = scores.shape
    ranks = rankdata(scores, axis=0)
    member = classes[:, None] == np.arange(c)
    positives = member.sum(axis=0)
    auc = np.full(c, np.nan)
    influence = np.zeros(n)
    defined = (positives > 0) & (positives < n)
    for j in np.flatnonzero(defined):
        positive, m = member[:, j], int(positives[j])
        auc[j] = (ranks[positive, j].sum() - m * (m + 1) / 2) / (m * (n - m))
        above = (ranks[positive, j] - rankdata(scores[positive, j])) / (n - m)
        below = 1 - (ranks[~positive, j] - rankdata(scores[~positive, j])) / m
        influence[positive] += (above - auc[j]) * (n / m)
        influence[~positive] += (below - auc[j]) * (n / (n - m))
    return auc, influence / max(1, int(defined.sum()))


def standardise(
    train: NDArray[np.float64], test: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Standardise both parts by the first, without the latents constant there; return those latents, too."""
    constant = is_constant(train)
    mean, deviation = train[:, ~constant].mean(axis=0), train[:, ~constant].std(axis=0)
    return (train[:, ~constant] - mean) / deviation, (test[:, ~constant] - mean) / deviation, constant


def class_scores(
    train: NDArray[np.float64], classes: NDArray[np.int64], test: NDArray[np.float64], iterations: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], bool]:
    """Return probability (n_test, c) of each class known from the training rows, those classes, and convergence."""
    model = LogisticRegression(max_iter=iterations)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(train, classes)
    return model.predict_proba(test), model.classes_, bool(model.n_iter_.max() < iterations)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean AUC.

    Details: ``per_factor`` (k) AUC, ``normalised`` 2 AUC - 1, ``dropped`` latents, ``converged``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; explicitness reads factors from codes")
    train, test = split_rows(table, rng, in_order=not options.corrected)
    fitted, scored, constant = standardise(table.codes[train], table.codes[test])
    per_factor: list[float | None] = []
    influence, converged = np.zeros(len(test)), []
    for column in table.factors.T:
        seen = np.unique(column[train])
        known = np.isin(column[test], seen)
        if len(seen) < 2 or len(np.unique(column[test][known])) < 2:
            per_factor.append(None)
            continue
        if fitted.shape[1] == 0:
            per_factor.append(0.5)
            continue
        probability, classes, done = class_scores(fitted, column[train], scored[known], config.max_iterations)
        auc, shares = one_vs_rest_auc(probability, np.searchsorted(classes, column[test][known]))
        per_factor.append(float(np.nanmean(auc)))
        influence[known] += shares
        converged.append(done)
    measured = [value for value in per_factor if value is not None]
    details = {"per_factor": per_factor, "dropped": np.flatnonzero(constant), "converged": converged}
    if not measured:
        return not_applicable("no factor has two classes on both the train and the test rows", **details)
    value = float(np.mean(measured))
    half = NORMAL_95 * float(np.std(influence / len(measured))) / np.sqrt(len(test))
    return Score(
        value,
        interval=(max(0.0, value - half), min(1.0, value + half)),
        chance=0.5,
        details={**details, "normalised": 2 * value - 1},
    )

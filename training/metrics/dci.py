"""DCI: disentanglement, completeness and informativeness of importances."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LassoCV

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.boosted_trees import boost
from training.evaluation.estimators.correlation import standardised
from training.evaluation.estimators.importance import completeness, disentanglement, per_code, per_factor
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, Floats, split_rows

TITLE = "DCI"
SOURCE = "Eastwood & Williams 2018, A Framework for the Quantitative Evaluation of Disentangled Representations"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="The importance of each latent to a predictor of each factor from all latents. Disentanglement (the "
    "score): a latent serves one factor. Completeness: a factor is served by one latent. Informativeness: the "
    "predictor is right on fresh rows.",
    formula="D = sum_j w_j (1 - H_K(R_j / sum R_j)), C = sum_k w_k (1 - H_D(R_k / sum R_k))",
    citation=SOURCE,
    chance="One shuffle of the rows, with a twentieth of the stages; near 0 for trees, high for lasso, which keeps "
    "few weights.",
    misses="Depends on the predictor: two kinds of boosted trees differ by a third of the score, and trees also credit "
    "latents with what noise let them fit. Compare only numbers of one estimator and size.",
    parity="Both modes follow disentanglement_lib (GradientBoostingClassifier) with an exact kernel of our own, within "
    ".005 of scikit-learn. corrected standardises first: splits closer than 1e-7 are not seen.",
    tolerance=2e-2,
    claims=("modular",),
)
REPLICATE_SHARE = 20


class Config(BaseConfig):
    """Settings of DCI."""

    kind: Literal["boosted_trees", "lasso", "random_forest"] = setting(
        "boosted_trees", "predictor; lasso and random forest are regressions, as in Eastwood & Williams"
    )
    n_estimators: int = setting(
        100, "boosting stages, or trees of the forest", source="Locatello et al. 2019", ge=1, le=10_000
    )
    replicates: int = setting(
        5,
        "bootstrap resamples behind the 95 % interval, each with a twentieth of the stages; 0 for no interval",
        ge=0,
        le=1_000,
    )


Data = tuple[Floats, NDArray[np.int64]]
"""Codes (n, d) and factors (n, k) of some rows."""


class Predictors:
    """Fits the predictors of all factors on some rows and scores them on others."""

    def __init__(self, config: Config, seed: int, jobs: int) -> None:
        self.config, self.seed, self.jobs = config, seed, jobs

    def fit(self, train: Data, test: Data | None, stages: int) -> tuple[Floats, Floats, Floats]:
        """Return importance (d, k) and accuracy or R² (k,) on train and test rows; without the latter, on two rows."""
        test = test or (train[0][:2], train[1][:2])
        if self.config.kind == "boosted_trees":
            boosted = boost(train, test, n_estimators=stages, seed=self.seed, jobs=self.jobs)
            return boosted.importance, boosted.train_accuracy, boosted.test_accuracy
        columns = [self._regress(train, test, k, stages) for k in range(train[1].shape[1])]
        importance, fitted, scored = (np.stack(part, axis=-1) for part in zip(*columns, strict=True))
        return importance, fitted, scored

    def _regress(self, train: Data, test: Data, k: int, stages: int) -> tuple[Floats, float, float]:
        target = train[1][:, k].astype(np.float64)
        mean, deviation = target.mean(), target.std() or 1.0
        if self.config.kind == "lasso":
            model = LassoCV(cv=5, random_state=self.seed).fit(train[0], (target - mean) / deviation)
            importance = np.abs(model.coef_)
        else:
            model = RandomForestRegressor(stages, random_state=self.seed, n_jobs=self.jobs)
            importance = model.fit(train[0], (target - mean) / deviation).feature_importances_
        scores = [model.score(x, (y[:, k] - mean) / deviation) for x, y in (train, test)]
        return importance, scores[0], scores[1]


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return disentanglement; details: ``completeness``, ``informativeness``, ``importance`` (d, k) and their parts."""
    if table.factors is None:
        return not_applicable("the images have no labels; DCI predicts factors from codes")
    train, test = split_rows(table, rng, in_order=not options.corrected)
    varying = np.array([len(np.unique(column[train])) > 1 for column in table.factors.T])
    if not varying.any():
        return not_applicable("no factor varies on the train rows")
    codes = standardised(table.codes) if options.corrected else table.codes
    factors = table.factors[:, varying]
    predictors = Predictors(config, int(rng.integers(2**31)), options.jobs)
    fresh = (codes[test], factors[test])
    importance, fitted, scored = predictors.fit((codes[train], factors[train]), fresh, config.n_estimators)
    details = _details(importance, fitted, scored, varying)
    if factors.shape[1] < 2:
        return not_applicable("disentanglement compares factors with one another and one varies", **details)
    value = disentanglement(importance)
    stages = max(1, config.n_estimators // REPLICATE_SHARE)

    def replicate(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        drawn = factors[factor_rows]
        if (drawn.min(axis=0) == drawn.max(axis=0)).any():
            return value
        return disentanglement(predictors.fit((codes[code_rows], drawn), None, stages)[0])

    draws = [rng.choice(train, size=len(train)) for _ in range(config.replicates)]
    replicates = np.array([replicate(rows, rows) for rows in draws])
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=replicate(rng.permutation(train), train),
        details=details,
    )


def _details(importance: Floats, fitted: Floats, scored: Floats, varying: NDArray[np.bool_]) -> dict[str, object]:
    d, k = importance.shape
    full = np.zeros((d, len(varying)))
    full[:, varying] = importance
    accuracy: list[float | None] = [None] * len(varying)
    for place, right in zip(np.flatnonzero(varying), scored, strict=True):
        accuracy[place] = float(right)
    return {
        "completeness": completeness(importance) if d > 1 else None,
        "informativeness": float(np.mean(scored)),
        "informativeness_train": float(np.mean(fitted)),
        "informativeness_per_factor": accuracy,
        "importance": full,
        "per_latent": per_code(importance) if k > 1 else None,
        "per_factor": per_factor(importance) if d > 1 else None,
    }

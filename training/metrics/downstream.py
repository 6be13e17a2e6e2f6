"""Downstream: how well a factor is predicted from codes by the number of labels.

Learners and procedure read in google-research/disentanglement_lib, evaluation/metrics/downstream_task.py and
utils.py; numbers of labels and test rows in config/unsupervised_study_v1/metric_configs/downstream_task_*.gin: 10, 100,
1,000 and 10,000 labels, 5,000 test rows.
"""

import warnings
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.model_selection import KFold

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.boosted_trees import boost
from training.evaluation.estimators.correlation import standardised
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, split_rows

TITLE = "Downstream"
SOURCE = "Locatello et al. 2019, Challenging Common Assumptions, section 5.5"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="Each factor is predicted from all latents by a learner with 10, 100 and 1,000 labels, and scored "
    "on rows that it did not see: accuracy, or R² of the class numbers. Mean over factors and numbers of labels. "
    "Details: each of them, and efficiency, the score with 100 labels as a share of that with the most.",
    formula="mean_n mean_k accuracy_k(n), n = 10, 100, 1000; efficiency = accuracy(100) / accuracy(n_max)",
    citation=SOURCE,
    chance="Classification: the share of each factor's most frequent value. Regression: 0.",
    misses="Shows what the learner makes of the codes, not whether each latent is one factor: trees favour factors "
    "along the axes, linear learners do not care. Efficiency is near 1 for codes without information, which more "
    "labels do not help: read it beside the accuracy.",
    parity="Both modes use the learners of disentanglement_lib and three of its four sizes: 10,000 labels, which cost "
    "most of the time and are more than 70 % of 10,000 rows, are set by `downstream.labels`. "
    "corrected standardises first and draws the rows at random.",
    tolerance=2e-2,
    claims=("explicit",),
)
EFFICIENT = 100
"""Labels whose score is compared with that of the most, in `efficiency`."""

Data = tuple[NDArray[np.float64], NDArray[np.int64]]


class Config(BaseConfig):
    """Settings of the downstream tasks."""

    task: Literal["classification", "regression"] = setting(
        "classification", "predict the value of a factor, or the number of its class"
    )
    learner: Literal["boosted_trees", "linear"] = setting(
        "boosted_trees",
        "100 stages of gradient boosting; or logistic (ridge) regression with its penalty by 5-fold cross-validation",
        source="Locatello et al. 2019",
    )
    labels: tuple[Annotated[int, Field(ge=2, le=1_000_000)], ...] = setting(
        (10, 100, 1000),
        "labels that the learner is given; 10,000 too in the source",
        unit="labels",
        source="Locatello et al. 2019",
        min_length=1,
    )
    test_rows: int = setting(2_000, "rows to score on at most; 5,000 in the source", unit="rows", ge=1, le=1_000_000)
    resamples: int = setting(
        50, "bootstrap resamples of the test rows behind the 95 % interval; 0 for none", ge=0, le=10_000
    )


STAGES = 100
PENALTIES = np.logspace(-4, 4, 10)
FOLDS = 5


def classify(train: Data, test: NDArray[np.float64], config: Config, seed: int, jobs: int) -> NDArray[np.int64]:
    """Return the predicted class of each test row and factor (m, k)."""
    if config.learner == "boosted_trees":
        unused = np.zeros((len(test), train[1].shape[1]), dtype=np.int64)
        return boost(train, (test, unused), n_estimators=STAGES, seed=seed, jobs=jobs).predicted
    guesses = []
    for classes in train[1].T:
        folds = KFold(min(FOLDS, len(classes)))
        if any(len(np.unique(classes[fitted])) < 2 for fitted, _ in folds.split(classes)):
            guesses.append(np.full(len(test), np.bincount(classes).argmax()))
            continue
        model = LogisticRegressionCV(
            Cs=len(PENALTIES), cv=folds, n_jobs=jobs, scoring="accuracy", l1_ratios=(0.0,), use_legacy_attributes=False
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            guesses.append(model.fit(train[0], classes).predict(test))
    return np.stack(guesses, axis=1)


def regress(train: Data, test: NDArray[np.float64], config: Config, seed: int) -> NDArray[np.float64]:
    """Return the predicted class number of each test row and factor (m, k)."""
    guesses = []
    for classes in train[1].T:
        if config.learner == "boosted_trees":
            model = GradientBoostingRegressor(n_estimators=STAGES, random_state=seed)
        else:
            model = RidgeCV(PENALTIES, cv=min(FOLDS, len(classes)))
        guesses.append(model.fit(train[0], classes).predict(test))
    return np.stack(guesses, axis=1)


def gains(guess: NDArray[np.floating | np.integer], truth: NDArray[np.int64], config: Config) -> NDArray[np.float64]:
    """Return what each test row and factor adds to the score (m, k): right or wrong, or its part of R²."""
    if config.task == "classification":
        return np.asarray(guess == truth, dtype=np.float64)
    variance = truth.var(axis=0)
    return np.asarray(1 - (guess - truth) ** 2 / np.where(variance > 0, variance, 1.0))


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean over factors and numbers of labels.

    Details: ``labels`` (s,), ``by_labels`` (s,), ``per_factor`` (s, k), ``efficiency``, ``bound``.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; a downstream task predicts factors")
    train, test = split_rows(table, rng, in_order=not options.corrected)
    if options.corrected:
        train, test = rng.permutation(train), rng.permutation(test)
    test = test[: config.test_rows]
    varying = np.array([len(np.unique(column[train])) > 1 for column in table.factors.T])
    if not varying.any():
        return not_applicable("no factor varies on the train rows")
    factors = table.factors[:, varying]
    labels = np.unique(np.minimum(config.labels, len(train)))
    seed = int(rng.integers(2**31))

    def of(codes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gains (s, m, k)."""
        found = []
        for n in labels:
            seen = codes[train[:n]], factors[train[:n]]
            if config.task == "classification":
                found.append(gains(classify(seen, codes[test], config, seed, options.jobs), factors[test], config))
            else:
                found.append(gains(regress(seen, codes[test], config, seed), factors[test], config))
        return np.stack(found)

    def total(found: NDArray[np.float64]) -> float:
        return float(found.mean(axis=1).clip(0, 1).mean())

    found = of(standardised(table.codes) if options.corrected else table.codes)
    value, per_factor = total(found), np.zeros((len(labels), table.n_factors))
    per_factor[:, varying] = found.mean(axis=1).clip(0, 1)
    by_labels = per_factor[:, varying].mean(axis=1)
    replicates = np.array([total(found[:, rng.integers(0, len(test), len(test))]) for _ in range(config.resamples)])
    guessed = [np.bincount(column[test]).max() / len(test) for column in factors.T]
    few = np.flatnonzero(labels == EFFICIENT)
    return Score(
        value,
        interval=around(value, replicates) if len(replicates) > 1 else None,
        chance=float(np.mean(guessed)) if config.task == "classification" else 0.0,
        details={
            "labels": labels,
            "by_labels": by_labels,
            "per_factor": per_factor,
            "efficiency": float(by_labels[few[0]] / by_labels[-1]) if len(few) and by_labels[-1] > 0 else None,
            "bound": total(of(standardised(factors.astype(np.float64)))),
        },
    )

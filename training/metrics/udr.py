"""Unsupervised disentanglement ranking: models of one configuration that agree were probably right."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.linear_model import Lasso

from training.config import Config as BaseConfig
from training.config import setting
from training.evaluation.estimators.correlation import pearson, standardised
from training.evaluation.estimators.resampling import around
from training.evaluation.score import EvaluationOptions, MetricInfo, Score, not_applicable
from training.evaluation.table import CodeTable, ModelCodes

TITLE = "UDR"
SOURCE = "Duan et al. 2020, Unsupervised Model Selection for Variational Disentangled Representation Learning, eq. 3"
INFO = MetricInfo(
    title=TITLE,
    family="unsupervised",
    definition="Over several models that differ in their seed: how close the similarity of two models' latents is to a "
    "permutation; median over partners, then mean over models. Needs no labels.",
    formula="UDR_ij = 1/2 (mean_a max_b R_ab^2 / sum_b R_ab + mean_b max_a R_ab^2 / sum_a R_ab)",
    citation=SOURCE,
    chance="One over the number of active latents: models whose latents resemble each other equally.",
    misses="Models that agree may be wrong together, for instance in a subspace that the data make easy to find.",
    parity="Both modes equal disentanglement_lib's udr (lasso, spearman); a latent that nothing of the partner matches "
    "counts 0.",
)


class Config(BaseConfig):
    """Settings of UDR."""

    kind: Literal["lasso", "spearman"] = setting("lasso", "similarity of latents: regression weights or ranks")
    alpha: float = setting(0.1, "lasso: weight of the L1 penalty", source="Duan et al. 2020", gt=0)
    kl_threshold: float = setting(
        0.01, "latents with less KL are left out where KL is known", unit="nats", source="Duan et al. 2020", ge=0
    )


def similarity(left: NDArray[np.float64], right: NDArray[np.float64], config: Config) -> NDArray[np.float64]:
    """Return the absolute similarity (d_left, d_right) of standardised codes (n, d)."""
    if config.kind == "spearman":
        return np.abs(pearson(rankdata(left, axis=0), rankdata(right, axis=0)))
    model = Lasso(alpha=config.alpha, random_state=0).fit(left, right)
    return np.asarray(np.abs(np.atleast_2d(model.coef_)).T)


def agreement(matrix: NDArray[np.float64]) -> float:
    """Return how close a similarity matrix is to a permutation: 1 for one, near 0 for a constant matrix."""
    return float(np.mean([_relative_strength(matrix, axis) for axis in (0, 1)]))


def _relative_strength(matrix: NDArray[np.float64], axis: int) -> float:
    if 0 in matrix.shape:
        return 0.0
    total = matrix.sum(axis=axis)
    share = np.divide(matrix.max(axis=axis) ** 2, total, out=np.zeros_like(total), where=total > 0)
    return float(share.mean())


def alive(model: ModelCodes, threshold: float) -> NDArray[np.bool_]:
    """Return latents (d,) that the KL mask keeps."""
    return np.ones(model.codes.shape[1], dtype=bool) if model.kl is None else np.asarray(model.kl > threshold)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return the mean of the models' scores.

    Details: ``model_scores``, ``pairwise`` (i, j), ``best``, ``active_latents``.
    """
    models = table.models
    if len(models) < 2:
        return not_applicable("UDR compares two or more models on the same rows: give z_0, z_1, ..")
    codes = [standardised(model.codes) for model in models]
    masks = [alive(model, config.kl_threshold) for model in models]
    pairwise = np.zeros((len(models), len(models)))
    similarities = []
    for i, left in enumerate(codes):
        for j, right in enumerate(codes):
            if i != j:
                matrix = similarity(left, right, config)
                similarities.append({"from": i, "to": j, "matrix": matrix})
                pairwise[i, j] = agreement(matrix[masks[i]][:, masks[j]])
    others = ~np.eye(len(models), dtype=bool)
    scores = np.array([np.median(pairwise[others[:, j], j]) for j in range(len(models))])
    value = float(scores.mean())
    draws = [scores[rng.integers(0, len(scores), len(scores))].mean() for _ in range(200)]
    return Score(
        value,
        interval=around(value, np.array(draws)),
        chance=1 / max(mask.sum() for mask in masks) if any(mask.any() for mask in masks) else 0.0,
        details={
            "model_scores": scores,
            "pairwise": pairwise,
            "best": int(scores.argmax()),
            "active_latents": [np.flatnonzero(mask) for mask in masks],
            "similarity": similarities,
        },
    )

"""Correlation-based disentanglement: compactness and modularity of the Pearson matrix."""

import numpy as np
from numpy.typing import NDArray

from training.config import setting
from training.evaluation.estimators.correlation import pearson
from training.evaluation.estimators.resampling import chance, interval, top_two_gap
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable

TITLE = "CbD"
SOURCE = "Mogultay Ozcan 2024, eq. 5.3-5.9"
INFO = MetricInfo(
    title=TITLE,
    family="correlation",
    definition="With P the absolute Pearson correlations of latents (rows) and factors (columns): compactness is the "
    "mean gap of the two largest entries of a row, modularity the same over columns; the score weighs both.",
    formula="alpha * mean_j(P_j(1) - P_j(2)) + (1 - alpha) * mean_k(P_(1)k - P_(2)k)",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows: near 0.",
    misses="Finds straight lines only: a latent that codes orientation by its sine correlates weakly with its index. "
    "Unused latents are rows of zeros and lower the compactness.",
    parity="Both modes are the definition; a constant latent or factor correlates 0 with everything.",
    claims=("modular", "compact"),
)


class Config(ResampledConfig):
    """Settings of CbD."""

    alpha: float = setting(0.5, "weight of compactness against modularity", source="eq. 5.9", ge=0, le=1)


def parts(pcc: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the gap of each row (d,) and of each column (k,) of absolute correlations (d, k).

    A single row or column has no second entry to stand above: that entry counts as 0.
    """
    rows = top_two_gap(pcc.T) if pcc.shape[1] > 1 else pcc[:, 0]
    columns = top_two_gap(pcc) if pcc.shape[0] > 1 else pcc[0]
    return rows, columns


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:  # noqa: ARG001
    """Return CbD.

    Details: ``pcc`` (d, k) absolute, ``compactness``, ``modularity`` and their parts per row and column.
    """
    if table.factors is None:
        return not_applicable("the images have no labels; CbD correlates codes with factors")
    codes, factors = table.codes, table.factors.astype(np.float64)

    def combined(pcc: NDArray[np.float64]) -> float:
        rows, columns = parts(pcc)
        return float(config.alpha * rows.mean() + (1 - config.alpha) * columns.mean())

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return combined(np.abs(pearson(codes[code_rows], factors[factor_rows])))

    pcc = np.abs(pearson(codes, factors))
    rows, columns = parts(pcc)
    value = combined(pcc)
    return Score(
        value,
        interval=interval(statistic, value, table.n, rng, config.resamples),
        chance=chance(statistic, table.n, rng),
        details={
            "compactness": float(rows.mean()),
            "modularity": float(columns.mean()),
            "pcc": pcc,
            "per_latent": rows,
            "per_factor": columns,
        },
    )

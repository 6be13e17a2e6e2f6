"""Separated attribute predictability."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from training.config import setting
from training.evaluation.estimators.correlation import pearson, standardised
from training.evaluation.estimators.resampling import around, chance, interval, top_two_gap
from training.evaluation.score import EvaluationOptions, MetricInfo, ResampledConfig, Score, not_applicable
from training.evaluation.table import CodeTable, Floats, Rows, split_rows

TITLE = "SAP"
SOURCE = "Kumar et al. 2018, Variational Inference of Disentangled Latent Concepts, section 3"
INFO = MetricInfo(
    title=TITLE,
    family="predictor",
    definition="For each factor, how far the latent that predicts it best stands above the second best; mean over "
    "factors. Predictability is the squared correlation (continuous) or the test accuracy of a linear support vector "
    "machine (discrete) on that latent alone.",
    formula="(1/K) sum_k S_(1)k - S_(2)k",
    citation=SOURCE,
    chance="Mean over three shuffles of the rows (continuous), or of the predictions (discrete): near 0.",
    misses="Linear on a single latent: a factor coded by a periodic or curved latent scores low. A latent that carries "
    "several factors is not punished.",
    parity="parity equals disentanglement_lib's SAP_score (continuous: on the train rows). corrected: continuous on "
    "all rows unless rows are named, discrete on standardised codes, since a support vector machine has a "
    "scale.",
    claims=("compact",),
)
VARIANCE_FLOOR = 1e-12


class Config(ResampledConfig):
    """Settings of SAP."""

    kind: Literal["continuous", "discrete"] = setting(
        "continuous", "squared Pearson correlation, or test accuracy of a linear support vector machine"
    )
    c: float = setting(0.01, "discrete: inverse regularisation C", source="Locatello et al. 2019", gt=0)


def score(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    """Return the mean gap; details: ``matrix`` (d, k) of predictabilities, ``per_factor``."""
    if table.factors is None:
        return not_applicable("the images have no labels; SAP predicts factors from codes")
    if table.n_latents < 2:
        return not_applicable("SAP compares the two best latents and there is one")
    if config.kind == "discrete":
        return _discrete(table, rng, config, options)
    return _continuous(table, rng, config, options)


def _continuous(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    rows = np.arange(table.n) if table.train is None else table.train
    if table.train is None and not options.corrected:
        rows = split_rows(table, rng, in_order=True)[0]
    codes, factors = table.codes[rows], table.factors[rows].astype(np.float64)  # type: ignore[index]
    varying = np.ones(table.n_latents, dtype=bool)
    if not options.corrected and len(rows) > 1:
        varying = codes.var(axis=0, ddof=1) > VARIANCE_FLOOR

    def matrix(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return pearson(codes[code_rows], factors[factor_rows]) ** 2 * varying[:, None]

    def statistic(code_rows: NDArray[np.int64], factor_rows: NDArray[np.int64]) -> float:
        return float(top_two_gap(matrix(code_rows, factor_rows)).mean())

    straight = np.arange(len(rows))
    full = matrix(straight, straight)
    gaps = top_two_gap(full)
    value = float(gaps.mean())
    return Score(
        value,
        interval=interval(statistic, value, len(rows), rng, config.resamples),
        chance=chance(statistic, len(rows), rng),
        details={"matrix": full, "per_factor": gaps, "rows": len(rows)},
    )


def _correct(table: CodeTable, split: tuple[Rows, Rows], config: Config, codes: Floats) -> Rows:
    """Return predictions (n_test, d, k) of one machine per latent and factor."""
    train, test = split
    factors = table.factors
    assert factors is not None  # noqa: S101 - checked by the caller
    predicted = np.empty((len(test), table.n_latents, table.n_factors), dtype=np.int64)
    for k, column in enumerate(factors.T):
        classes = np.unique(column[train])
        for j in range(table.n_latents):
            if len(classes) < 2:
                predicted[:, j, k] = classes[0]
                continue
            machine = LinearSVC(C=config.c, class_weight="balanced", random_state=0)
            machine.fit(codes[train, j : j + 1], column[train])
            predicted[:, j, k] = machine.predict(codes[test, j : j + 1])
    return predicted


def _discrete(table: CodeTable, rng: np.random.Generator, config: Config, options: EvaluationOptions) -> Score:
    split = split_rows(table, rng, in_order=not options.corrected)
    codes = standardised(table.codes) if options.corrected else table.codes
    predicted = _correct(table, split, config, codes)
    n = len(split[1])
    truth = table.factors[split[1]]  # type: ignore[index]
    right = (predicted == truth[:, None, :]).reshape(n, -1).astype(np.float64)
    shape = predicted.shape[1:]
    full = right.mean(axis=0).reshape(shape)
    gaps = top_two_gap(full)
    value = float(gaps.mean())
    spread = None
    if config.resamples >= 2:
        weights = rng.multinomial(n, np.full(n, 1 / n), size=config.resamples) / n
        replicates = [float(top_two_gap((row @ right).reshape(shape)).mean()) for row in weights]
        spread = around(value, np.array(replicates))
    shuffled = [(predicted[rng.permutation(n)] == truth[:, None, :]).mean(axis=0) for _ in range(3)]
    return Score(
        value,
        interval=spread,
        chance=float(np.mean([top_two_gap(matrix).mean() for matrix in shuffled])),
        details={"matrix": full, "per_factor": gaps, "rows": n},
    )

"""Claims of the sources as tested rules over the runs of a study.

A rule answers supported, not supported or undecided. Rank tests reject at 2.5 % on either side; intervals over seeds
are Student's at 95 %. Runs of one seed decide only where a whole sweep can be permuted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
from scipy.stats import rankdata

from models_zoo.json_types import JsonObject
from training.studies.claim import Answer, Claim, RuleName, Verdict
from training.studies.results import SEED, Floats, Result, column, grouped, select
from training.studies.seed_statistics import mean_correlation, pairwise_differences, t_interval, trend

ALPHA = 0.025
RANK_TEST = "rank test within {blocks}"
OVER_SEEDS = "Student's t over seeds, 95 %"


Rule = Callable[[Claim, Sequence[Result]], Verdict]
Blocks = list[tuple[Floats, Floats]]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _with(results: Sequence[Result], *measures: str) -> list[Result]:
    return [result for result in results if all(np.isfinite(result.value(each)) for each in measures)]


def _by_seed(results: Sequence[Result]) -> list[list[Result]]:
    return list(grouped(results, lambda result: str(result.seed)).values())


def _nothing(statistic: str, runs: Sequence[Result], reason: str) -> Verdict:
    return Verdict("undecided", statistic, None, None, reason, len(runs), len(_by_seed(runs)))


def _decide_by_interval(interval: tuple[float, float] | None, low: float, high: float) -> Answer:
    """Supported where the interval lies in [low, high], not supported where it lies outside."""
    if interval is None:
        return "undecided"
    if low <= interval[0] and interval[1] <= high:
        return "supported"
    return "not supported" if interval[1] < low or interval[0] > high else "undecided"


def _trend_verdict(
    results: Sequence[Result],
    blocks: Blocks,
    of_seed: Callable[[Sequence[Result]], Blocks],
    sign: int,
    statistic: str,
    name: str,
) -> Verdict:
    """Rank test within blocks; value and interval are of the correlation over seeds where there are several."""
    found = trend(blocks)
    seeds = _by_seed(results)
    each = np.array([mean_correlation(of_seed(runs)) for runs in seeds]) if len(seeds) > 1 else np.zeros(0)
    each = each[np.isfinite(each)]
    span = t_interval(each)
    p, opposite = (found.p_rises, found.p_falls)[::sign]
    answer: Answer = "supported" if p <= ALPHA else "not supported" if opposite <= ALPHA else "undecided"
    interval = None if span is None else (max(-1.0, span[0]), min(1.0, span[1]))
    value = found.correlation if span is None else float(each.mean())
    method = RANK_TEST.format(blocks=name)
    return Verdict(answer, statistic, _finite(value), interval, method, len(results), len(seeds), p)


def _along_sweep(claim: Claim, results: Sequence[Result], sign: int, y: Callable[[float], float], of: str) -> Verdict:
    """Rank test of ``y(measure)`` against the swept setting; a block holds runs that differ in that setting only."""
    names = [claim.over] if isinstance(claim.over, str) else claim.over
    runs = [each for each in _with(results, claim.measure) if each.setting(names) is not None]

    def blocks(results: Sequence[Result]) -> Blocks:
        return [
            (
                np.array([float(str(each.setting(names))) for each in block]),
                np.array([y(each.value(claim.measure)) for each in block]),
            )
            for block in grouped(results, lambda result: result.without(*names)).values()
        ]

    statistic = f"mean rank correlation of the weight with {of}"
    return _trend_verdict(runs, blocks(runs), blocks, sign, statistic, "each sweep")


def _rises(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Test whether the measure rises along the sweep."""
    return _along_sweep(claim, results, 1, lambda value: value, "the measure")


def _falls(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Test whether the measure falls along the sweep."""
    return _along_sweep(claim, results, -1, lambda value: value, "the measure")


def _approaches(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Test whether the distance to the target falls along the sweep."""
    of = f"the distance to {claim.target:g}"
    return _along_sweep(claim, results, -1, lambda value: abs(value - claim.target), of)


def _correlates(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Test whether two measures rise together over the configurations of each data set, each the mean of its seeds."""
    runs = _with(results, claim.measure, claim.against)
    datasets = grouped(runs, _dataset).values()
    blocks = [
        (
            np.array([column(seeds, claim.against).mean() for seeds in configurations]),
            np.array([column(seeds, claim.measure).mean() for seeds in configurations]),
        )
        for configurations in (grouped(part, lambda run: run.without(SEED)).values() for part in datasets)
    ]

    def of_seed(results: Sequence[Result]) -> Blocks:
        parts = grouped(results, _dataset).values()
        return [(column(part, claim.against), column(part, claim.measure)) for part in parts]

    statistic = "mean rank correlation of the two over configurations"
    return _trend_verdict(runs, blocks, of_seed, 1, statistic, "each data set")


def _dataset(result: Result) -> str:
    return str(result.setting("dataset"))


def _mean(values: Floats) -> float:
    """Return the mean of the known values, NaN without any."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _ahead(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Compare the means of two sets of groups, or their mean ranks where there are several measures.

    Each data set and seed counts once: weights are averaged. Decided by the interval over seeds; from one seed by a
    rank test over the data sets.
    """
    measures = claim.measures or [claim.measure]
    runs = [each for each in results if each.group in {*claim.ahead, *claim.behind}]
    statistic = "difference of mean ranks" if len(measures) > 1 else "difference of means"
    cells: list[tuple[str, Floats, Floats]] = []
    for block in grouped(runs, lambda each: (str(each.seed), str(each.setting("dataset")))).values():
        by_group = grouped(block, lambda each: each.group)
        if len(by_group) < len(claim.ahead) + len(claim.behind):
            continue
        table = np.array([[_mean(column(part, each)) for each in measures] for part in by_group.values()])
        if not np.isfinite(table).all():
            continue
        values = table[:, 0] if len(measures) == 1 else rankdata(table, axis=0).mean(1)
        first = np.array([name in claim.ahead for name in by_group])
        cells.append((str(block[0].seed), first.astype(np.float64), values))
    if not cells:
        return _nothing(statistic, runs, "no data set has all groups")
    differences = grouped_means([(seed, float(y[x == 1].mean() - y[x == 0].mean())) for seed, x, y in cells])
    interval = t_interval(differences)
    value = float(differences.mean())
    if interval is not None:
        answer = _decide_by_interval(interval, 0.0, np.inf)
        return Verdict(answer, statistic, value, interval, OVER_SEEDS, len(runs), len(differences))
    found = trend([(x, y) for _, x, y in cells])
    answer = "supported" if found.p_rises <= ALPHA else "not supported" if found.p_falls <= ALPHA else "undecided"
    method = RANK_TEST.format(blocks="each data set")
    return Verdict(answer, statistic, value, None, method, len(runs), 1, found.p_rises)


def grouped_means(pairs: Sequence[tuple[str, float]]) -> Floats:
    """Return the mean of the values of each key, in the order in which the keys come."""
    groups: dict[str, list[float]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return np.array([np.mean(values) for values in groups.values()])


def _near(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Decide whether the mean over seeds lies within the tolerance of the target."""
    runs = _with(results, claim.measure)
    statistic = f"mean, to lie within {claim.target:g} ± {claim.tolerance:g}"
    if not runs:
        return _nothing(statistic, runs, "no run has the measure")
    means = grouped_means([(str(each.seed), each.value(claim.measure)) for each in runs])
    interval = t_interval(means)
    answer = _decide_by_interval(interval, claim.target - claim.tolerance, claim.target + claim.tolerance)
    return Verdict(answer, statistic, float(means.mean()), interval, OVER_SEEDS, len(runs), len(means))


def _spread(claim: Claim, results: Sequence[Result]) -> Verdict:
    """Decide whether all levels of a setting have means within the tolerance of each other."""
    runs = [each for each in _with(results, claim.measure) if each.setting(claim.over) is not None]
    statistic = f"largest difference of two levels, to be below {claim.tolerance:g}"
    levels = [
        column(part, claim.measure) for part in grouped(runs, lambda each: str(each.setting(claim.over))).values()
    ]
    found = pairwise_differences(levels)
    if not found:
        means = [float(level.mean()) for level in levels]
        value = max(means) - min(means) if len(means) > 1 else None
        return Verdict("undecided", statistic, value, None, "one seed: no interval", len(runs), len(_by_seed(runs)))
    largest = max(found, key=lambda each: abs(each.value))
    sign = 1 if largest.value >= 0 else -1
    interval = tuple(sorted((sign * largest.low, sign * largest.high)))
    inside = all(-claim.tolerance <= each.low and each.high <= claim.tolerance for each in found)
    outside = any(each.low > claim.tolerance or each.high < -claim.tolerance for each in found)
    answer: Answer = "supported" if inside else "not supported" if outside else "undecided"
    return Verdict(
        answer,
        statistic,
        abs(largest.value),
        (interval[0], interval[1]),
        "Student's t of all pairs of levels, 95 % together (Bonferroni), pooled over levels",
        len(runs),
        len(_by_seed(runs)),
    )


RULES: Mapping[RuleName, Rule] = {
    "rises": _rises,
    "falls": _falls,
    "approaches": _approaches,
    "correlates": _correlates,
    "ahead": _ahead,
    "near": _near,
    "spread": _spread,
}


def judge(claim: Claim, results: Sequence[Result]) -> Iterator[tuple[str, Verdict]]:
    """Yield the verdict on a claim for each value of ``claim.per``; without ``per`` or runs one, of empty text."""
    chosen = select(results, claim.where)
    if claim.per is None or not chosen:
        yield "", RULES[claim.rule](claim, chosen)
        return
    for value, runs in grouped(chosen, lambda each: str(each.setting(claim.per or ""))).items():
        yield str(value), RULES[claim.rule](claim, runs)


def verdicts(claims: Sequence[Claim], results: Sequence[Result]) -> list[JsonObject]:
    """Return the verdicts on all claims as JSON objects, in the order of the definition."""
    return [
        {"claim": claim.name, "text": claim.text, "source": claim.source, "of": value, **asdict(verdict)}
        for claim in claims
        for value, verdict in judge(claim, results)
    ]

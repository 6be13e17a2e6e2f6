"""Stress test: structures are what they claim, the rule is the rule, and the committed table is repeated in part."""

import numpy as np
import pytest

from training.evaluation import stress
from training.evaluation.structures import SIZES, STRUCTURES, make_table
from training.evaluation.suite import metric
from training.registry import METRICS

QUICK = ("cbd", "mig", "mig_sup", "modularity", "sap")


def depends(codes, column, others):
    """Whether a latent is not constant, but for its noise, while one factor changes and all others are held."""
    groups = {}
    for row, key in enumerate(map(tuple, others)):
        groups.setdefault(key, []).append(row)
    return any(np.ptp(codes[rows][:, column]) > 0.25 for rows in groups.values() if len(rows) > 1)


@pytest.mark.parametrize("name", [name for name in STRUCTURES if name not in {"noise", "noisy"}])
def test_a_structure_is_modular_and_compact_as_its_table_says(name):
    table = make_table(name, 4000, 0)
    matrix = np.array(
        [
            [depends(table.codes, latent, np.delete(table.factors, factor, axis=1)) for factor in range(len(SIZES))]
            for latent in range(table.n_latents)
        ]
    )
    assert (matrix.sum(axis=1) <= 1).all() == STRUCTURES[name].holds["modular"]
    assert (matrix.sum(axis=0) <= 1).all() == STRUCTURES[name].holds["compact"]


def test_held_out_combinations_are_never_drawn_and_correlated_factors_correlate():
    holes, correlated = (make_table(name, 4000, 1).factors for name in ("holes", "correlated"))
    assert not ((holes[:, 0] >= SIZES[0] // 2) & (holes[:, 1] >= SIZES[1] // 2)).any()
    assert np.corrcoef(correlated[:, 0], correlated[:, 1])[0, 1] > 0.5
    assert abs(np.corrcoef(correlated[:, 2], correlated[:, 3])[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("claims", "structure", "between", "said"),
    [
        (["modular"], "duplicated", (1.0, 0.95, 1.05), "right"),
        (["modular"], "duplicated", (0.5, 0.45, 0.55), "fooled"),
        (["compact"], "duplicated", (0.5, 0.45, 0.55), "right"),
        (["compact"], "duplicated", (1.0, 0.95, 1.05), "fooled"),
        (["compact"], "duplicated", (0.9, 0.85, 0.95), "open"),
        (["modular", "compact"], "duplicated", (1.0, 0.95, 1.05), "fooled"),
        (["explicit"], "non_monotone", (0.2, 0.1, 0.3), "none"),
        (["modular"], "duplicated", None, "none"),
        ([], "duplicated", (0.5, 0.45, 0.55), "none"),
    ],
)
def test_the_rule_compares_the_whole_interval_with_the_ideal(claims, structure, between, said):
    assert stress.verdict(claims, structure, between) == said


def test_the_interval_is_that_of_student_over_seeds():
    mean, low, high = stress.interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert high - mean == pytest.approx(4.302652729911275 / np.sqrt(3))  # t of 2 degrees of freedom, 97.5 %
    assert mean - low == pytest.approx(high - mean)
    assert stress.interval([1.0, None, 3.0]) is None


def test_the_committed_table_is_repeated_by_the_quick_metrics():
    committed = stress.read()
    again = stress.measure(QUICK, rows=committed["rows"], seeds=committed["seeds"][:1])
    for name in QUICK:
        for structure in STRUCTURES:
            (score,) = again["metrics"][name]["scores"][structure]
            stored = committed["metrics"][name]["scores"][structure][0]
            assert score == pytest.approx(stored, abs=metric(name).INFO.tolerance), (name, structure)


def test_the_committed_verdicts_follow_from_its_scores():
    committed = stress.read()
    assert stress.plain(stress.complete(committed)) == committed


def test_rows_of_the_committed_table_are_of_present_metrics():
    committed = stress.read()["metrics"]
    assert set(committed) <= set(METRICS.names())
    assert {name: each["version"] for name, each in committed.items()} == {
        name: metric(name).INFO.version for name in committed
    }

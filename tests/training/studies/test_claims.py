"""Rules of claims on runs whose truth is known, and how often they are wrong."""

import json

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.studies.claim import Claim
from training.studies.claims import RULES, judge, verdicts
from training.studies.results import Result

WEIGHTS = [1, 2, 4, 8, 16, 32, 64]


def make(value, *, weights=WEIGHTS, seeds=(0,), datasets=("dsprites",), groups=("beta-VAE",), measure="kl"):
    """Runs whose measure is ``value(group, dataset, weight, seed)``."""
    return [
        Result(
            run=f"{group}-{dataset}-{weight}-{seed}",
            group=group,
            varied={"dataset": dataset, "beta": weight, "seed": seed},
            scores={measure: float(value(group, dataset, weight, seed))},
        )
        for group in groups
        for dataset in datasets
        for weight in weights
        for seed in seeds
    ]


def decide(results, rule, **settings):
    """The one verdict of a claim."""
    settings = {"measure": "kl", "over": ["beta", "gamma"]} | settings
    ((_, verdict),) = judge(Claim("name", "text", rule, **settings), results)
    return verdict


def test_a_monotone_sweep_of_one_seed_is_enough():
    rising = make(lambda g, d, w, s: np.log(w))
    assert decide(rising, "rises").answer == "supported"
    assert decide(rising, "falls").answer == "not supported"
    verdict = decide(rising, "rises")
    assert (verdict.value, verdict.interval, verdict.seeds, verdict.runs) == (1, None, 1, 7)
    assert verdict.p <= 0.025


def test_three_weights_of_one_seed_stay_undecided():
    assert decide(make(lambda g, d, w, s: w, weights=[1, 2, 4]), "rises").answer == "undecided"


def test_seeds_give_the_correlation_an_interval():
    rng = np.random.default_rng(0)
    verdict = decide(make(lambda g, d, w, s: np.log(w) + rng.normal(), seeds=range(8)), "rises")
    assert verdict.answer == "supported"
    low, high = verdict.interval
    assert -1 <= low < verdict.value < high <= 1


def test_a_probability_that_falls_to_one_half_approaches_it():
    falling = make(lambda g, d, w, s: 0.5 + 0.45 / w)
    assert decide(falling, "approaches", target=0.5).answer == "supported"
    assert decide(make(lambda g, d, w, s: 0.5 - 0.004 * w), "approaches", target=0.5).answer == "not supported"


def test_near_needs_its_whole_interval_within_the_tolerance():
    def of(values):
        return make(lambda g, d, w, s: values[s], weights=[1], seeds=range(len(values)))

    near = {"target": 1.0, "tolerance": 0.25}
    assert decide(of([0.9, 0.95, 1.0]), "near", **near).answer == "supported"
    assert decide(of([1.9, 1.95, 2.0]), "near", **near).answer == "not supported"
    assert decide(of([0.5, 1.0, 1.5]), "near", **near).answer == "undecided"
    alone = decide(of([1.0]), "near", **near)
    assert (alone.answer, alone.interval, alone.value) == ("undecided", None, 1)


def test_spread_is_of_the_pair_that_differs_most():
    rng = np.random.default_rng(2)
    runs = make(lambda g, d, w, s: 0.6 + rng.normal(0, 0.01), seeds=range(3), weights=[4, 6, 8, 10, 15])
    verdict = decide(runs, "spread", tolerance=0.1)
    assert verdict.answer == "supported"
    assert verdict.interval[0] <= verdict.value <= verdict.interval[1]
    apart = make(lambda g, d, w, s: w / 10 + rng.normal(0, 0.01), seeds=range(3), weights=[4, 6, 8, 10, 15])
    assert decide(apart, "spread", tolerance=0.1).answer == "not supported"
    assert decide(apart[::3], "spread", tolerance=0.1).answer == "undecided"


def test_groups_are_compared_over_seeds_and_by_ranks_over_several_measures():
    quality = {"a": 3, "b": 2, "c": 1, "d": 0}
    rng = np.random.default_rng(0)
    runs = make(
        lambda g, d, w, s: quality[g] + rng.normal(0, 0.3),
        groups="abcd",
        seeds=range(5),
        datasets=("x", "y"),
        weights=[1],
    )
    verdict = decide(runs, "ahead", ahead=["a", "b"], behind=["c", "d"])
    assert verdict.answer == "supported"
    assert verdict.value == pytest.approx(2, abs=0.3)
    assert verdict.seeds == 5
    assert decide(runs, "ahead", ahead=["c", "d"], behind=["a", "b"]).answer == "not supported"
    both = [
        Result(each.run, each.group, each.varied, scores={"kl": each.scores["kl"], "mig": 1000 * each.scores["kl"]})
        for each in runs
    ]
    ranked = decide(both, "ahead", ahead=["a", "b"], behind=["c", "d"], measures=["kl", "mig"])
    assert ranked.value == pytest.approx(2, abs=0.2)
    assert ranked.statistic == "difference of mean ranks"


def test_one_seed_on_one_data_set_orders_nothing():
    runs = make(lambda g, d, w, s: ord(g), groups="ab", weights=[1])
    assert decide(runs, "ahead", ahead=["b"], behind=["a"]).answer == "undecided"
    assert decide(runs, "ahead", ahead=["b"], behind=["q"]).value is None


def test_a_correlation_counts_configurations_and_not_seeds():
    rng = np.random.default_rng(4)
    noise = {weight: rng.normal() for weight in range(8)}
    runs = [
        Result(
            f"{w}-{s}", "g", {"beta": w, "seed": s}, scores={"mig": noise[w]}, losses={"reconstruction": w + 0.01 * s}
        )
        for w in range(8)
        for s in range(50)
    ]
    verdict = decide(runs, "correlates", measure="mig", against="reconstruction")
    few = decide(runs[::50], "correlates", measure="mig", against="reconstruction")
    assert verdict.answer == few.answer == "undecided"
    assert verdict.p == pytest.approx(few.p)


def test_a_claim_is_tested_apart_for_each_data_set():
    runs = make(lambda g, d, w, s: w if d == "x" else -w, datasets=("x", "y"))
    claim = Claim("rec", "Rec rises", "rises", measure="kl", over="beta", per="dataset", source="table 1")
    found = verdicts([claim], runs)
    assert [(each["of"], each["answer"]) for each in found] == [("x", "supported"), ("y", "not supported")]
    json.dumps(found, allow_nan=False)


def test_no_runs_decide_nothing():
    for rule in RULES:
        verdict = decide([], rule, against="mig", ahead=["a"], behind=["b"])
        assert (verdict.answer, verdict.value, verdict.runs) == ("undecided", None, 0)
        json.dumps(verdict.value, allow_nan=False)


def test_an_unknown_rule_is_refused():
    with pytest.raises(InvalidInput, match="allowed: rises, falls"):
        Claim("name", "text", "grows")


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_trend_that_is_not_there_is_found_in_one_of_forty_draws(seeds):
    rng, draws = np.random.default_rng(seeds), 300
    answers = [decide(make(lambda g, d, w, s: rng.normal(), seeds=range(seeds)), "rises").answer for _ in range(draws)]
    bound = 0.025 + 3 * np.sqrt(0.025 * 0.975 / draws)
    assert answers.count("supported") / draws < bound
    assert answers.count("not supported") / draws < bound


def test_a_trend_as_large_as_the_noise_is_found_with_three_seeds():
    rng = np.random.default_rng(5)
    answers = [
        decide(make(lambda g, d, w, s: 0.5 * np.log2(w) + rng.normal(), seeds=range(3)), "rises").answer
        for _ in range(100)
    ]
    assert answers.count("supported") > 85
    assert answers.count("not supported") == 0


def test_equal_groups_are_ordered_in_one_of_forty_draws():
    rng, draws = np.random.default_rng(6), 600
    answers = [
        decide(
            make(lambda g, d, w, s: rng.normal(), groups="ab", seeds=range(3), weights=[1]),
            "ahead",
            ahead=["a"],
            behind=["b"],
        ).answer
        for _ in range(draws)
    ]
    bound = 0.025 + 3 * np.sqrt(0.025 * 0.975 / draws)
    assert answers.count("supported") / draws < bound
    assert answers.count("not supported") / draws < bound


def test_a_mean_at_the_edge_of_the_tolerance_is_called_near_in_one_of_forty_draws():
    rng, draws = np.random.default_rng(7), 600
    answers = [
        decide(
            make(lambda g, d, w, s: 1.25 + rng.normal(0, 0.05), seeds=range(5), weights=[1]),
            "near",
            target=1,
            tolerance=0.25,
        ).answer
        for _ in range(draws)
    ]
    bound = 0.025 + 3 * np.sqrt(0.025 * 0.975 / draws)
    assert answers.count("supported") / draws < bound
    assert answers.count("not supported") / draws < bound


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_claim_without_runs_is_undecided(rule):
    claim = Claim(name="c", text="c", rule=rule, measure="mig", over="beta", per="dataset", source="s", against="kl")
    ((of, verdict),) = judge(claim, [])
    assert (of, verdict.answer, verdict.value, verdict.runs) == ("", "undecided", None, 0)

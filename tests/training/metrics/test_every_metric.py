"""Properties that every metric has, over the whole registry."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from training.evaluation.score import MODES, EvaluationOptions, MetricInfo
from training.evaluation.suite import evaluate, plain
from training.evaluation.table import CodeTable, ModelCodes
from training.registry import METRICS

SIZES = (3, 4, 6)
N = 1200
_RNG = np.random.default_rng(11)
FACTORS = _RNG.integers(0, SIZES, size=(N, 3))
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
MIXED = UNIT @ np.array([[1, 0.4, 0], [0, 1, 0.3], [0.2, 0, 1]]) + 0.3 * _RNG.normal(size=(N, 3))
RANDOM = _RNG.normal(size=(N, 3))

FEWER = {"n_estimators": 10, "replicates": 2, "train_points": 600, "test_points": 600, "resamples": 2, "trees": 8}
FEWER |= {"labels": (100, 200)}
"""Settings of effort, where a metric has them."""
SUPERVISED = [name for name in METRICS.names() if METRICS.load(name).INFO.family not in ("unsupervised", "image")]
SAMPLED = {"beta_vae": 0.03, "factor_vae": 0.03, "factor_vae_pruned": 0.03, "dci": 0.02, "explicitness": 0.002}
SAMPLED |= {"dci_es": 0.08, "downstream": 0.05, "hsic": 0.001}
"""How far a score may move that depends on draws, solvers or ties; the others must not move at all."""
EXACT = 1e-9
ACCURACIES = ("beta_vae", "factor_vae", "factor_vae_pruned", "explicitness")


def table(codes: np.ndarray, factors: np.ndarray | None = FACTORS) -> CodeTable:
    codes = np.asarray(codes, dtype=np.float64)
    if factors is None:
        return CodeTable(codes)
    return CodeTable(codes, factors, tuple("abcdefg"[: factors.shape[1]]), tuple(int(v) + 1 for v in factors.max(0)))


def run(name: str, codes: np.ndarray, factors: np.ndarray | None = FACTORS, mode: str = "corrected"):
    fields = METRICS.load(name).Config.model_fields
    settings = {name: {key: value for key, value in FEWER.items() if key in fields}}
    (result,) = evaluate(table(codes, factors), [name], options=EvaluationOptions(mode), settings=settings)
    return result


@cache
def mixed(name: str, mode: str = "corrected"):
    """Result of the code that the tests change: computed once, since the same seed gives the same result."""
    return run(name, MIXED, mode=mode)


@cache
def perfect(name: str, mode: str = "corrected"):
    return run(name, UNIT, mode=mode)


def close(name: str, before: float | None, after: float | None) -> bool:
    assert before is not None
    assert after is not None
    return abs(before - after) <= SAMPLED.get(name, EXACT)


@pytest.mark.parametrize("name", METRICS.names())
def test_a_metric_of_a_supervised_family_needs_labels_and_another_one_does_not(name: str):
    with_labels, without = mixed(name).score, run(name, MIXED, None).score
    if name in SUPERVISED:
        assert with_labels is not None
        assert without is None
    else:
        assert with_labels == without


@pytest.mark.parametrize("name", METRICS.names())
def test_each_metric_has_a_complete_description(name: str):
    plugin = METRICS.load(name)
    assert isinstance(plugin.INFO, MetricInfo)
    assert plugin.INFO.title == plugin.TITLE
    for field in ("definition", "formula", "citation", "misses", "parity"):
        assert len(getattr(plugin.INFO, field)) > 15, field
    for setting in plugin.Config.model_fields.values():
        assert setting.description


@pytest.mark.parametrize("name", METRICS.names())
@pytest.mark.parametrize("mode", MODES)
def test_it_gives_plain_numbers_within_its_range(name: str, mode: str):
    result = mixed(name, mode)
    info = METRICS.load(name).INFO
    json.dumps(result.as_dict(), allow_nan=False)
    if result.score is None:
        assert result.reason
        return
    assert type(result.score) is float
    ends = [end for end in (info.worst, info.best) if end is not None]
    assert min(ends) <= result.score
    assert len(ends) == 1 or result.score <= max(ends)
    assert result.interval is None or result.interval[0] <= result.score <= result.interval[1]
    assert result.settings == result.details["settings"]


@pytest.mark.parametrize("name", METRICS.names())
def test_without_labels_or_images_there_is_a_reason_or_a_score(name: str):
    result = run(name, MIXED, None)
    assert (result.score is None) == (result.reason is not None)
    assert (result.score is None) == (name not in ("unsupervised", "hsic"))


@pytest.mark.parametrize("name", METRICS.names())
def test_the_same_seed_gives_the_same_result(name: str):
    first, again = mixed(name).as_dict(), run(name, MIXED).as_dict()
    for record in (first, again):
        record.pop("seconds")
        record.pop("computed_at")
    assert first == again


@pytest.mark.parametrize("name", [*SUPERVISED, "unsupervised"])
def test_the_order_of_latents_does_not_matter(name: str):
    assert close(name, mixed(name).score, run(name, MIXED[:, [2, 0, 1]]).score)


@pytest.mark.parametrize("name", [*SUPERVISED, "unsupervised"])
def test_the_sign_of_a_latent_does_not_matter(name: str):
    before, after = mixed(name).score, run(name, MIXED * [1, -1, -1]).score
    # Equal-width bins are closed on the left: a flip moves only values that lie on an edge.
    assert abs(before - after) <= max(SAMPLED.get(name, EXACT), 2e-3 if name.startswith(("mig", "mod")) else 0)


@pytest.mark.parametrize("name", [*SUPERVISED, "unsupervised"])
@pytest.mark.parametrize("scale", [[0.01, 0.01, 0.01], [1e-4, 1.0, 300.0]])
def test_no_positive_scale_of_the_latents_matters_when_corrected(name: str, scale: list[float]):
    assert close(name, mixed(name).score, run(name, MIXED * scale).score)


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("places", [[0], [3], [0, 1, 2, 3]])
def test_constant_latents_anywhere_leave_it_as_it_is(name: str, mode: str, places: list[int]):
    before = mixed(name, mode)
    after = run(name, np.insert(MIXED, places, 0.3, axis=1), mode=mode)
    d = 3 + len(places)
    if name == "cbd":  # a dead latent is a row of zeros: it lowers compactness as the definition says
        assert after.details["compactness"] == pytest.approx(before.details["compactness"] * 3 / d)
        assert after.details["modularity"] == pytest.approx(before.details["modularity"])
    elif name == "modularity" and mode == "parity":
        assert after.score == pytest.approx(before.score * 3 / d)
    else:
        assert close(name, before.score, after.score)


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("place", [0, 3])
def test_a_nearly_constant_latent_leaves_a_perfect_score_when_corrected(name: str, place: int):
    dust = 0.3 + 1e-4 * np.random.default_rng(5).normal(size=N)
    clean = perfect(name)
    dusty = run(name, np.insert(UNIT, place, dust, axis=1))
    if name == "cbd":
        assert dusty.details["modularity"] == pytest.approx(clean.details["modularity"], abs=0.05)
    else:
        assert abs(clean.score - dusty.score) <= max(SAMPLED.get(name, EXACT), 0.02)  # counting has a bias


@pytest.mark.parametrize("name", SUPERVISED)
def test_a_duplicated_code_is_a_number(name: str):
    answer = run(name, np.column_stack([UNIT, UNIT]))
    assert answer.score is not None
    if name in ("mig", "sap"):
        assert answer.score == pytest.approx(0, abs=1e-9)
    if name in ("mig_sup", "modularity", "dci", *ACCURACIES):
        assert answer.score > 0.95


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("mode", MODES)
def test_a_constant_factor_is_left_out_or_counts_nothing(name: str, mode: str):
    factors = np.insert(FACTORS, 1, 0, axis=1)
    before, after = mixed(name, mode), run(name, MIXED, factors, mode=mode)
    assert after.score is not None
    if name in ("mig", "mig_sup", "dci", "explicitness"):
        assert close(name, before.score, after.score)


@pytest.mark.parametrize("name", SUPERVISED)
def test_more_factors_than_latents_is_a_number(name: str):
    assert run(name, MIXED[:, :2]).score is not None


@pytest.mark.parametrize("name", [*SUPERVISED, "unsupervised"])
def test_one_latent_is_a_number_or_a_reason(name: str):
    result = run(name, MIXED[:, :1])
    assert (result.score is None) == (result.reason is not None)
    if name in ("mig", "sap", "unsupervised"):
        assert result.score is None


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("mode", MODES)
def test_a_perfect_code_reaches_its_bound(name: str, mode: str):
    result = perfect(name, mode)
    bound = result.details.get("bound", 1.0)
    tolerance = 0.06 if name in ("cbd", "mig_sup") else 0.01  # factors drawn at random correlate a little
    assert result.score == pytest.approx(bound, abs=tolerance)


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("mode", MODES)
def test_a_random_code_is_at_its_chance_level(name: str, mode: str):
    result = run(name, RANDOM, mode=mode)
    assert result.chance is not None
    if mode == "corrected" and name in ("modularity", "irs", "mig_sup"):
        assert result.score == 0.0  # no latent carries anything: none is counted
    else:
        # Modularity of three latents without information is the mean of three numbers anywhere in [0, 1].
        assert result.score == pytest.approx(result.chance, abs=0.25 if name == "modularity" else 0.1)


@pytest.mark.parametrize("name", SUPERVISED)
@pytest.mark.parametrize("mode", MODES)
def test_a_code_of_constants_is_a_number_without_warnings(name: str, mode: str):
    result = run(name, np.full((N, 3), 0.1), mode=mode)
    assert result.score is not None
    assert result.score <= (result.chance or 0) + 0.05


def test_several_models_are_what_udr_needs():
    models = tuple(ModelCodes(MIXED[:, order]) for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]))
    (result,) = evaluate(replace(table(MIXED, None), models=models), ["udr"])
    assert result.score > 0.5


def test_results_become_plain():
    value = plain({"a": np.float32(0.5), 2: (np.int64(3), float("nan")), "m": np.eye(2), "b": np.bool_(1), "n": None})
    assert value == {"a": 0.5, "2": [3, None], "m": [[1.0, 0.0], [0.0, 1.0]], "b": True, "n": None}

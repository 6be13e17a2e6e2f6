"""Correlated factors and held-out combinations: what training draws, against sums over all images."""

import itertools
import json

import numpy as np
import pytest

from models_zoo.errors import InvalidInput
from training.config import build
from training.data.dataset import ImageTable, Provenance
from training.data.distribution import DatasetConfig, WeightedDraw, distribution_of, image_settings
from training.data.factors import Factor, FactorSpace
from training.data.split import split, training_images
from training.datasets import shapes3d
from training.registry import DATASETS
from training.runs.batches import ADVERSARY_STREAM, Batches

SIZES = (5, 8, 3, 4)
DRAWS = 1_000_000
RULES = {
    "correlations": ["a~b:0.3", "c~-a:0.6"],
    "held_out_combinations": ["b=2-3|7&c=1", "d=0&a=4"],
}


def grid(sizes=SIZES, names="abcd", classes=None, n_images=None):
    factors = tuple(Factor(name, tuple(range(size)), "ordinal") for name, size in zip(names, sizes, strict=True))
    space = FactorSpace(factors, complete=classes is None)
    provenance = Provenance("own", "nothing", "none")
    return ImageTable(
        "own", "grid", (1, 1, 1), space, provenance, read=lambda _: None, classes=classes, n_images=n_images
    )


def is_held_out(a, b, c, d):
    return (b in {2, 3, 7} and c == 1) or (d == 0 and a == 4)


def expected():
    """Probability of every combination by loops over the classes and the written-out formula."""
    table = np.zeros(SIZES)
    for a, b, c, d in itertools.product(*map(range, SIZES)):
        if not is_held_out(a, b, c, d):
            near = np.exp(-((a / 4 - b / 7) ** 2) / (2 * 0.3**2))
            table[a, b, c, d] = near * np.exp(-((c / 2 - (1 - a / 4)) ** 2) / (2 * 0.6**2))
    return table / table.sum()


def correlation_and_error(table, n):
    """Return the correlation of a joint table of two factors, and its standard error in ``n`` draws.

    The error is that of the influence function x y - r (x^2 + y^2) / 2 of standardised x and y.
    """
    classes = np.indices(table.shape).reshape(2, -1).astype(float)
    weights = table.ravel()
    centred = classes - (classes * weights).sum(1, keepdims=True)
    x, y = centred / np.sqrt((centred**2 * weights).sum(1, keepdims=True))
    r = (x * y * weights).sum()
    influence = x * y - r * (x**2 + y**2) / 2
    return r, np.sqrt((influence**2 * weights).sum() / n)


def test_probabilities_equal_the_formula_on_every_combination():
    found = distribution_of(grid(), RULES)
    assert np.allclose(found.probabilities.reshape(SIZES), expected(), rtol=1e-12, atol=0)
    held_out = [is_held_out(*each) for each in itertools.product(*map(range, SIZES))]
    assert np.array_equal(found.held_out, np.flatnonzero(held_out))


def test_a_million_draws_have_no_forbidden_image_and_the_correlation_of_the_formula():
    chosen = training_images(grid(), RULES, held_out=0, seed=0)
    for stream in (1, ADVERSARY_STREAM):
        batches = Batches(chosen.rows, DRAWS // 100, seed=0, stream=stream, weights=chosen.weights)
        indices = np.concatenate([batches.indices(step) for step in range(100)])
        assert len(indices) == DRAWS
        drawn = grid().labels(indices)
        assert not any(is_held_out(*row) for row in grid().labels(np.unique(indices)))
        for pair in itertools.combinations(range(4), 2):
            rest = tuple(set(range(4)) - set(pair))
            exact, error = correlation_and_error(expected().sum(rest), DRAWS)
            assert abs(np.corrcoef(drawn[:, pair].T)[0, 1] - exact) < 3 * error, pair


def test_a_million_draws_of_3d_shapes_hold_no_held_out_combination():
    space = shapes3d.factor_space()
    shapes = ImageTable("shapes3d", "", (1, 1, 1), space, Provenance("own", "", ""), read=lambda _: None)
    rules = {"correlations": ["scale~orientation:0.2"], "held_out_combinations": ["shape=2&object_hue=5-9"]}
    chosen = training_images(shapes, rules, held_out=0.1, seed=3)
    batches = Batches(chosen.rows, DRAWS // 100, seed=3, weights=chosen.weights)
    drawn = shapes.labels(np.concatenate([batches.indices(step) for step in range(100)]))
    assert not ((drawn[:, 4] == 2) & (drawn[:, 2] >= 5)).any()
    apart = np.subtract.outer(np.arange(8) / 7, np.arange(15) / 14)
    table = np.exp(-(apart**2) / (2 * 0.2**2))
    exact, error = correlation_and_error(table / table.sum(), DRAWS)
    # of the rows of the run a tenth is held out at random, which moves the correlation by as much as that many draws
    error = np.hypot(error, correlation_and_error(table / table.sum(), len(chosen.rows))[1])
    assert abs(np.corrcoef(drawn[:, 3], drawn[:, 5])[0, 1] - exact) < 3 * error


def test_held_out_combinations_alone_leave_shuffled_epochs():
    chosen = training_images(grid(), {"held_out_combinations": ["a=0"]}, held_out=0, seed=0)
    assert chosen.weights is None
    epoch = Batches(chosen.rows, len(chosen.rows), seed=0).indices(0)
    assert np.array_equal(np.sort(epoch), np.arange(len(grid()) // 5, len(grid())))


def test_without_rules_the_images_are_those_of_the_split():
    chosen = training_images(grid(), {}, held_out=0.3, seed=1)
    rows, held_out = split(len(grid()), 0.3, seed=1)
    assert chosen.distribution.uniform
    assert chosen.weights is None
    assert np.array_equal(chosen.rows, rows)
    assert np.array_equal(chosen.held_out, held_out)


def test_held_out_images_are_of_no_held_out_combination():
    chosen = training_images(grid(), RULES, held_out=0.4, seed=2)
    assert len(np.intersect1d(chosen.rows, chosen.held_out)) == 0
    assert not np.isin(chosen.distribution.held_out, np.concatenate([chosen.rows, chosen.held_out])).any()


def test_a_weighted_batch_depends_on_seed_and_step_alone():
    chosen = training_images(grid(), RULES, held_out=0, seed=0)
    forward = [Batches(chosen.rows, 8, seed=1, weights=chosen.weights).indices(step) for step in range(5)]
    batches = Batches(chosen.rows, 8, seed=1, weights=chosen.weights)
    for step in reversed(range(5)):
        assert np.array_equal(batches.indices(step), forward[step])


def test_draws_by_weight_have_the_frequencies_of_the_weights():
    weights = np.array([0, 1, 0, 2, 5, 0.0])
    drawn = WeightedDraw(np.arange(6) * 10, weights).draw(80_000, np.random.default_rng(0))
    counts = np.bincount(drawn // 10, minlength=6)
    assert counts[weights == 0].sum() == 0
    expected_counts = 80_000 * weights / 8
    assert (np.abs(counts - expected_counts) < 4 * np.sqrt(expected_counts + 1)).all()


def test_the_smallest_sigma_leaves_the_most_probable_images():
    found = distribution_of(
        grid((2, 3), "ab"), {"correlations": ["a~b:0.01"], "held_out_combinations": ["a=0&b=0", "a=1&b=2"]}
    )
    # left are (0, 1), (0, 2), (1, 0), (1, 1); the two whose distance is a half are the most probable by far
    assert found.probabilities.tolist() == pytest.approx([0, 0.5, 0, 0, 0.5, 0])


@pytest.mark.parametrize(
    ("rules", "field", "message"),
    [
        ({"correlations": ["a b 0.2"]}, "correlations/0", "FIRST~SECOND:SIGMA"),
        ({"correlations": ["a~b:0.2", "a~e:0.2"]}, "correlations/1", "got 'e'; allowed: factors of the"),
        ({"correlations": ["a~a:0.2"]}, "correlations/0", "two different factors"),
        ({"correlations": ["a~b:0"]}, "correlations/0", "a sigma of 0.01 to 10"),
        ({"correlations": ["a~b:1.2.3"]}, "correlations/0", "a number as sigma"),
        ({"held_out_combinations": ["a"]}, "held_out_combinations/0", "FACTOR=CLASSES joined by &"),
        ({"held_out_combinations": ["a=5"]}, "held_out_combinations/0", "classes of a from 0 to 4"),
        ({"held_out_combinations": ["a=3-2"]}, "held_out_combinations/0", "ascending classes"),
        ({"held_out_combinations": ["a=99999999999999999999"]}, "held_out_combinations/0", "classes of a from 0 to 4"),
        ({"held_out_combinations": ["a=1&a=2"]}, "held_out_combinations/0", "a stands twice"),
        ({"held_out_combinations": ["a=0-4"]}, "held_out_combinations", "leave no image to train on"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_its_row(rules, field, message):
    with pytest.raises(InvalidInput, match=message) as refused:
        distribution_of(grid(), rules)
    assert refused.value.field == f"/dataset_settings/{field}"


def test_a_factor_with_missing_labels_is_refused():
    classes = np.array([[0, 0], [1, -1], [1, 1]])
    with pytest.raises(InvalidInput, match="factor b, of which 1 images lack the label"):
        distribution_of(grid((2, 2), "ab", classes, 3), {"held_out_combinations": ["b=0"]})
    assert not distribution_of(grid((2, 2), "ab", classes, 3), {"held_out_combinations": ["a=0"]}).allowed[0]


def test_rules_that_leave_none_of_the_images_of_the_run_are_refused():
    assert 3 not in split(4, 0, seed=0, images=2)[0]
    with pytest.raises(InvalidInput, match="leave none of the images of the run"):
        training_images(grid((2, 2), "ab"), {"held_out_combinations": ["a=0", "b=0"]}, held_out=0, seed=0, images=2)


@pytest.mark.parametrize("name", DATASETS.names())
def test_every_data_set_has_the_settings_and_stores_them_only_where_they_are_given(name):
    config = DATASETS.load(name).Config
    assert issubclass(config, DatasetConfig)
    assert image_settings(config().model_dump()) == config().model_dump()
    given = build(config, {"correlations": "a~b:0.2, b~-c:1", "held_out_combinations": ["a=1&b=2"]})
    stored = json.loads(given.model_dump_json())
    assert stored["correlations"] == ["a~b:0.2", "b~-c:1"]
    assert stored["held_out_combinations"] == ["a=1&b=2"]

"""Pruned FactorVAE metric on duplicated and leaky codes."""

import numpy as np

from tests.training.metrics.arrays import BIG, measure
from training.metrics.factor_vae_pruned import mixing

NOISE = np.random.default_rng(0).normal(size=BIG.shape)


def test_a_duplicated_code_is_not_mixing():
    codes = np.column_stack([BIG, BIG]) + 0.05 * np.column_stack([NOISE, NOISE[::-1]])
    answer = measure("factor_vae_pruned", codes, BIG)
    assert answer.value == 1.0
    assert answer.details["mixing"].tolist() == []


def test_a_leaky_code_is_pruned():
    unit = BIG / BIG.std(axis=0)
    leaky = np.column_stack([unit[:, 0] + unit[:, 1], unit[:, 2]])
    answer = measure("factor_vae_pruned", leaky, BIG)
    assert answer.details["mixing"].tolist() == [0]
    assert answer.value < measure("factor_vae", leaky, BIG).value


def test_a_leak_beside_a_clean_latent_changes_nothing():
    unit = BIG / BIG.std(axis=0)
    codes = np.column_stack([unit, unit[:, 0] + unit[:, 1]])
    answer = measure("factor_vae_pruned", codes, BIG)
    assert answer.value == measure("factor_vae", codes, BIG).value == 1.0


def test_mixing_needs_the_threshold_share_of_two_factors():
    votes = np.array([[90, 10], [10, 30], [0, 60]])
    assert mixing(votes, 0.25).tolist() == [False, False, False]
    assert mixing(votes, 0.1).tolist() == [True, True, False]


def test_is_chance_where_every_latent_mixes():
    unit = BIG / BIG.std(axis=0)
    codes = np.column_stack([unit.sum(axis=1), unit @ [1, 1, -1]])
    answer = measure("factor_vae_pruned", codes, BIG, threshold=0.2)
    assert answer.details["mixing"].tolist() == [0, 1]
    assert answer.value == answer.chance

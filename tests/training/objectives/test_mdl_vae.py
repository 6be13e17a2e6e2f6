import math
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from scipy.optimize import minimize_scalar

from training.model.losses import kl_per_latent

OF_RECONSTRUCTION, OF_LATENTS = 0.49, [0.04, 1.0, 2.25]


class Formula(NamedTuple):
    """One form of mdL-VAE, on plain numbers.

    ``weight`` is that of a term whose learned number has this square; ``penalty`` is what is added so that the
    weights do not vanish, of the square for reconstruction and those of the latents; ``stored`` is the parameter
    that stands for a square.
    """

    weight: Callable[[float], float]
    penalty: Callable[[float, list[float]], float]
    stored: Callable[[torch.Tensor], torch.Tensor] = torch.sqrt


def damped(square):
    return 1 / (1 + math.log(1 + square))


def inverse(square):
    return 1 / square


def squares(of_reconstruction, of_latents):
    return of_reconstruction + sum(of_latents)


def logarithms(of_reconstruction, of_latents):
    return math.log(1 + of_reconstruction) + sum(math.log(1 + square) for square in of_latents)


def mean_logarithm(of_reconstruction, of_latents):
    return of_reconstruction + sum(math.log(1 + square) for square in of_latents) / len(of_latents)


FORMULAS = {
    "mdl_vae_strong": Formula(damped, squares),
    "mdl_vae_weak": Formula(damped, mean_logarithm),
    "mdl_vae_v1": Formula(damped, logarithms),
    "mdl_vae_v2": Formula(inverse, squares, torch.log),
    "mdl_vae_v3": Formula(inverse, logarithms, torch.log),
}

pytestmark = pytest.mark.parametrize("name", FORMULAS)


def with_squares(objective, formula):
    with torch.no_grad():
        objective.reconstruction_scale.copy_(formula.stored(torch.tensor(OF_RECONSTRUCTION)))
        objective.latent_scales.copy_(formula.stored(torch.tensor(OF_LATENTS)))
    return objective


def test_the_loss_is_the_formula_worked_out_by_hand(make, batch, name):
    formula = FORMULAS[name]
    terms = with_squares(make(name), formula)(*batch, 0)
    kl = kl_per_latent(batch.posterior).mean(0).tolist()
    expected = formula.weight(OF_RECONSTRUCTION) * terms.parts["reconstruction"].item()
    expected += formula.penalty(OF_RECONSTRUCTION, OF_LATENTS)
    expected += sum(formula.weight(square) * nats for square, nats in zip(OF_LATENTS, kl, strict=True))
    assert terms.total.item() == pytest.approx(expected, rel=1e-5)
    assert terms.parts["kl"].item() == pytest.approx(sum(kl), rel=1e-5)


def test_every_s_starts_at_one(make, name):
    weights = make(name).learned_weights()
    assert torch.equal(weights["sr"], torch.tensor(1.0))
    assert torch.equal(weights["sd"], torch.ones(3))


def test_reported_weights_are_the_positive_roots(make, name):
    weights = with_squares(make(name), FORMULAS[name]).learned_weights()
    assert weights["sr"].item() == pytest.approx(0.7)
    assert weights["sd"].tolist() == pytest.approx([0.2, 1.0, 1.5])


def test_the_weights_settle_at_their_analytic_optimum(make, batch, name):
    objective, formula = make(name), FORMULAS[name]
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.3)
    for _ in range(400):
        optimizer.zero_grad()
        terms = objective(*batch, 0)
        terms.total.backward()
        optimizer.step()
    nats = [terms.parts["reconstruction"].item(), *kl_per_latent(batch.posterior).mean(0).tolist()]
    weights = objective.learned_weights()
    actual = [weights["sr"].item() ** 2, *weights["sd"].square().tolist()]
    for index, (term, square) in enumerate(zip(nats, actual, strict=True)):

        def cost(candidate: float, index: int = index, term: float = term) -> float:
            candidates = [0.0] * 4
            candidates[index] = candidate
            return formula.weight(candidate) * term + formula.penalty(candidates[0], candidates[1:])

        best = minimize_scalar(cost, bounds=(1e-9, 1e3), method="bounded", options={"xatol": 1e-9}).x
        assert square == pytest.approx(best, rel=0.01, abs=2e-3)

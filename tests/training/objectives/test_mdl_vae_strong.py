import math

import pytest
import torch
from scipy.optimize import minimize_scalar

from training.losses import kl_per_latent

SQUARES = (0.49, [0.04, 1.0, 2.25])


def weight(square: float) -> float:
    return 1 / (1 + math.log(1 + square))


def penalty(of_reconstruction: float, of_latents: list[float]) -> float:
    return of_reconstruction + sum(of_latents)


def set_squares(objective, of_reconstruction, of_latents):
    with torch.no_grad():
        objective.reconstruction_scale.copy_(torch.tensor(of_reconstruction).sqrt())
        objective.latent_scales.copy_(torch.tensor(of_latents).sqrt())


def test_the_loss_is_the_formula_worked_out_by_hand(make, batch):
    objective = make("mdl_vae_strong")
    set_squares(objective, *SQUARES)
    terms = objective(*batch, 0)
    kl = kl_per_latent(batch.posterior).mean(0).tolist()
    of_reconstruction, of_latents = SQUARES
    expected = weight(of_reconstruction) * terms.parts["reconstruction"].item() + penalty(*SQUARES)
    expected += sum(weight(square) * nats for square, nats in zip(of_latents, kl, strict=True))
    assert terms.total.item() == pytest.approx(expected, rel=1e-5)
    assert terms.parts["kl"].item() == pytest.approx(sum(kl), rel=1e-5)


def test_every_s_starts_at_one(make):
    weights = make("mdl_vae_strong").learned_weights()
    assert torch.equal(weights["sr"], torch.tensor(1.0))
    assert torch.equal(weights["sd"], torch.ones(3))


def test_reported_weights_are_the_positive_roots(make):
    objective = make("mdl_vae_strong")
    set_squares(objective, *SQUARES)
    assert objective.learned_weights()["sr"].item() == pytest.approx(0.7)
    assert objective.learned_weights()["sd"].tolist() == pytest.approx([0.2, 1.0, 1.5])


def test_the_weights_settle_at_their_analytic_optimum(make, batch):
    objective = make("mdl_vae_strong")
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.1)
    for _ in range(2500):
        optimizer.zero_grad()
        terms = objective(*batch, 0)
        terms.total.backward()
        optimizer.step()
    nats = [terms.parts["reconstruction"].item(), *kl_per_latent(batch.posterior).mean(0).tolist()]
    weights = objective.learned_weights()
    actual = [weights["sr"].item() ** 2, *weights["sd"].square().tolist()]
    for index, (term, square) in enumerate(zip(nats, actual, strict=True)):

        def cost(candidate: float, index: int = index, term: float = term) -> float:
            squares = [0.0] * 4
            squares[index] = candidate
            return weight(candidate) * term + penalty(squares[0], squares[1:])

        best = minimize_scalar(cost, bounds=(1e-9, 1e3), method="bounded", options={"xatol": 1e-9}).x
        assert square == pytest.approx(best, rel=0.01, abs=2e-3)

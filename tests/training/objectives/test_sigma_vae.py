import math

import pytest
import torch
from torch.distributions import Normal

PIXELS = 4 * 4 * 2


def settle(objective, batch, steps=400):
    """Fit what the objective owns to one batch."""
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        total = objective(*batch, 0).total
        total.backward()
        optimizer.step()
    return total.item()


def squared_error(batch):
    return (torch.sigmoid(batch.logits) - batch.images).square().sum((1, 2, 3)).mean()


def test_the_reconstruction_is_a_gaussian_likelihood_but_for_its_constant(loss, batch):
    parts = loss("sigma_vae").parts
    by_torch = -Normal(torch.sigmoid(batch.logits), parts["sigma"]).log_prob(batch.images).sum((1, 2, 3)).mean()
    expected = by_torch.detach() - PIXELS / 2 * math.log(2 * math.pi)
    torch.testing.assert_close(parts["reconstruction"], expected)


def test_a_learned_sigma_settles_at_its_analytic_optimum(make, batch):
    objective = make("sigma_vae")
    settle(objective, batch)
    optimum = (squared_error(batch) / PIXELS).sqrt().item()
    assert objective.learned_weights()["sigma"].item() == pytest.approx(optimum, rel=1e-3)


def test_the_optimal_sigma_is_where_the_learned_one_settles(make, loss, batch):
    learned = settle(make("sigma_vae"), batch)
    optimal = loss("sigma_vae", variant="optimal")
    assert optimal.total.item() == pytest.approx(learned, abs=5e-3)
    assert optimal.parts["sigma"].item() == pytest.approx((squared_error(batch) / PIXELS).sqrt().item(), rel=1e-5)


def test_the_gradient_at_the_optimal_sigma_is_the_one_through_sigma(loss, batch):
    loss("sigma_vae", variant="optimal").total.backward()
    actual = batch.logits.grad.clone()
    error = squared_error(batch)
    (through,) = torch.autograd.grad(PIXELS / 2 * (error / PIXELS).log() + PIXELS / 2, batch.logits)
    torch.testing.assert_close(actual, through, rtol=1e-4, atol=1e-6)


def test_sigma_stays_above_its_floor_on_a_perfect_reconstruction(make, batch):
    perfect = batch._replace(images=torch.sigmoid(batch.logits.detach()))
    objective = make("sigma_vae", variant="optimal")
    assert objective(*perfect, 0).total.isfinite()
    assert objective.learned_weights()["sigma"].log().item() == pytest.approx(-6)
    assert all(tensor.isfinite().all() for tensor in objective.state_dict().values())


def test_the_likelihood_of_the_run_is_not_used(loss):
    assert torch.equal(loss("sigma_vae", likelihood="mse").total, loss("sigma_vae", likelihood="bernoulli").total)

import math

import pytest
import torch
from torch import Tensor, nn

from models_zoo.errors import InvalidInput
from training.objectives.factor_vae import permute_latents


def correlated(n: int, rho: float) -> Tensor:
    """Sample of a Gaussian in 3 dimensions, the first two correlated by rho."""
    points = torch.randn(n, 3)
    points[:, 1] = rho * points[:, 0] + math.sqrt(1 - rho**2) * points[:, 1]
    return points


class ExactDiscriminator(nn.Module):
    """Two logits whose difference is ln q(z) - ln prod_d q(z_d) of that Gaussian."""

    def __init__(self, rho: float) -> None:
        super().__init__()
        self.rho = rho

    def forward(self, latent: Tensor) -> Tensor:
        rho, (a, b, _) = self.rho, latent.T
        joint = -0.5 * (a**2 - 2 * rho * a * b + b**2) / (1 - rho**2) - 0.5 * math.log(1 - rho**2)
        return torch.stack([joint, -0.5 * (a**2 + b**2)], dim=1)


def test_the_total_correlation_of_a_known_density_ratio_is_the_analytic_one(make):
    torch.manual_seed(0)
    objective = make("factor_vae")
    objective.adversary = ExactDiscriminator(0.8)
    estimate = objective.judge(correlated(100_000, 0.8)).mean().item()
    assert estimate == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.01)


def test_a_trained_discriminator_finds_the_total_correlation_of_a_gaussian(make):
    torch.manual_seed(0)
    objective = make("factor_vae", layers=2, units=64, adversary_lr=3e-3)
    optimizer = torch.optim.Adam(objective.adversary.parameters(), **objective.adversary_optimizer())
    for _ in range(500):
        terms = objective.adversary_loss(correlated(1024, 0.8))
        optimizer.zero_grad()
        terms.total.backward()
        optimizer.step()
    with torch.no_grad():
        estimate = objective.judge(correlated(20_000, 0.8)).mean().item()
    assert estimate == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.08)
    assert terms.parts["d_z"] > 0.55 > 0.45 > terms.parts["d_z_perm"]
    assert terms.parts["accuracy"] > 0.55


def test_the_loss_is_the_vae_plus_gamma_total_correlations(loss):
    terms = loss("factor_vae", gamma=3)
    torch.testing.assert_close(terms.total.detach(), loss("vae").total.detach() + 3 * terms.parts["tc"])
    assert torch.equal(loss("factor_vae", gamma=0).total, loss("vae").total)


def test_the_discriminators_loss_is_the_two_way_cross_entropy(make, batch):
    objective = make("factor_vae", layers=1, units=8)
    torch.manual_seed(3)
    terms = objective.adversary_loss(batch.latent)
    torch.manual_seed(3)
    permuted = permute_latents(batch.latent[5:])
    logits = objective.adversary(torch.cat([batch.latent[:5], permuted]))
    labels = torch.tensor([0] * 5 + [1] * 5)
    torch.testing.assert_close(terms.total, nn.functional.cross_entropy(logits, labels))
    probability = logits.softmax(1)[:, 0].detach()
    torch.testing.assert_close(terms.parts["d_z"], probability[:5].mean())
    torch.testing.assert_close(terms.parts["d_z_perm"], probability[5:].mean())


def test_the_discriminators_gradient_never_reaches_the_model(make, batch):
    objective = make("factor_vae")
    objective.adversary_loss(batch.latent).total.backward()
    assert batch.posterior.mean.grad is None
    assert all(p.grad is not None for p in objective.adversary.parameters())


def test_the_models_gradient_never_reaches_a_frozen_discriminator(make, batch):
    objective = make("factor_vae")
    objective.adversary.requires_grad_(False)
    objective(*batch, 0).total.backward()
    assert batch.posterior.mean.grad is not None
    assert all(p.grad is None for p in objective.adversary.parameters())


def test_permuting_keeps_every_column_and_breaks_the_rows():
    torch.manual_seed(0)
    points = torch.arange(600.0).reshape(200, 3)
    permuted = permute_latents(points)
    assert torch.equal(permuted.sort(0).values, points)
    assert not torch.equal(permuted[:, 0] + 1, permuted[:, 1])


def test_the_discriminator_has_the_published_shape(make):
    adversary = make("factor_vae").adversary
    widths = [(layer.in_features, layer.out_features) for layer in adversary if isinstance(layer, nn.Linear)]
    assert widths == [(3, 1000), *[(1000, 1000)] * 5, (1000, 2)]
    assert {layer.negative_slope for layer in adversary if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert make("factor_vae").adversary_optimizer() == {"lr": 1e-4, "betas": (0.5, 0.9)}


def test_a_batch_of_one_is_refused(make):
    with pytest.raises(InvalidInput, match="at least 2 images"):
        make("factor_vae").adversary_loss(torch.zeros(1, 3))

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
        terms = objective.adversary_loss(correlated(1024, 0.8), correlated(1024, 0.8))
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
    second = batch.latent + 1
    terms = objective.adversary_loss(batch.latent, second)
    torch.manual_seed(3)
    permuted = permute_latents(second)
    logits = objective.adversary(torch.cat([batch.latent, permuted]))
    labels = torch.tensor([0] * 10 + [1] * 10)
    torch.testing.assert_close(terms.total, nn.functional.cross_entropy(logits, labels))
    probability = logits.softmax(1)[:, 0].detach()
    torch.testing.assert_close(terms.parts["d_z"], probability[:10].mean())
    torch.testing.assert_close(terms.parts["d_z_perm"], probability[10:].mean())


class Recorder(nn.Module):
    """Discriminator that keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Tensor] = []

    def forward(self, latent: Tensor) -> Tensor:
        self.shown.append(latent)
        return latent[:, :2]


def permuted_rows(make, batch: int, latents: int, calls: int = 60) -> Tensor:
    """Which image each latent of the permuted rows comes from, as the discriminator is shown them: (rows, latents)."""
    torch.manual_seed(0)
    objective = make("factor_vae")
    objective.adversary = Recorder()
    images = torch.arange(batch).float()[:, None].expand(batch, latents)
    for _ in range(calls):
        objective.adversary_loss(images, batch + images)
    return torch.cat([shown[len(shown) // 2 :] for shown in objective.adversary.shown])


def best_reading(rows: Tensor, rho: float, n: int = 1500) -> float:
    """Total correlation that the best discriminator reads when the permuted rows are made like ``rows``, nats.

    Of a Gaussian of unit variances and all correlations ``rho``: latents of one image keep their correlation, so the
    permuted density is a mixture of Gaussians in blocks.
    """
    d = rows.shape[1]
    whole = torch.full((d, d), rho, dtype=torch.float64).fill_diagonal_(1)
    points = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    points = points @ torch.linalg.cholesky(whole).T
    same = (rows[:, :, None] == rows[:, None, :]).double()
    covariances = whole * same
    log_density = -0.5 * torch.einsum("nd,bde,ne->nb", points, torch.linalg.inv(covariances), points)
    log_density -= 0.5 * torch.logdet(covariances)
    joint = -0.5 * (points @ torch.linalg.inv(whole) * points).sum(1) - 0.5 * torch.logdet(whole)
    return (joint - log_density.logsumexp(1) + math.log(len(rows))).mean().item()


def test_few_permuted_rows_keep_two_latents_of_one_image(make):
    # 64 images and 10 latents: 1 - 64! / (54! 64^10) = 52 %; a batch cut in halves would leave 79 %
    rows = permuted_rows(make, 64, 10)
    assert len(rows) == 60 * 64
    assert rows.min() >= 64, "the permuted batch is the second one"
    repeated = (rows.sort(1).values.diff(dim=1) == 0).any(1)
    assert repeated.double().mean().item() == pytest.approx(0.52, abs=0.02)


def test_the_best_discriminator_reads_most_of_a_gaussians_total_correlation(make):
    # ten latents, all correlations 0.688: 4.26 nats; a batch cut in halves would read 3.45
    rho, d = 0.68837, 10
    assert -0.5 * ((d - 1) * math.log(1 - rho) + math.log(1 + (d - 1) * rho)) == pytest.approx(4.26, abs=0.01)
    assert best_reading(permuted_rows(make, 64, d), rho) == pytest.approx(3.76, abs=0.05)


def test_the_discriminators_gradient_never_reaches_the_model(make, batch):
    objective = make("factor_vae")
    objective.adversary_loss(batch.latent, batch.latent).total.backward()
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
        make("factor_vae").adversary_loss(torch.zeros(1, 3), torch.zeros(1, 3))

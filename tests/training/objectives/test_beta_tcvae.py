import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from models_zoo.errors import InvalidInput
from training.model.losses import Posterior
from training.objectives.beta_tcvae import decompose, log_importance_weights

SAMPLINGS = ["weighted", "stratified"]


def gaussian_case(n: int = 2000):
    """Posteriors whose aggregate is a Gaussian of covariance S, and its MI, TC and dimension-wise KL, nats."""
    draw = torch.Generator().manual_seed(0)
    of_means = np.array([[1.2, 0.7], [0.7, 0.8]])
    noise = np.array([0.4, 0.3])
    root = torch.from_numpy(np.linalg.cholesky(of_means))
    mean = torch.randn(n, 2, generator=draw, dtype=torch.float64) @ root.T
    logvar = torch.from_numpy(np.log(noise)).expand(n, 2)
    latent = mean + torch.exp(0.5 * logvar) * torch.randn(n, 2, generator=draw, dtype=torch.float64)
    s = of_means + np.diag(noise)
    mi = 0.5 * (np.linalg.slogdet(s)[1] - np.log(noise).sum())
    tc = 0.5 * (np.log(np.diag(s)).sum() - np.linalg.slogdet(s)[1])
    dwkl = 0.5 * (np.diag(s) - 1 - np.log(np.diag(s))).sum()
    return Posterior(mean, logvar), latent, (mi, tc, dwkl)


def test_stratified_sampling_finds_the_known_values_of_a_gaussian():
    posterior, latent, expected = gaussian_case()
    estimates = decompose(posterior, latent, 2000, "stratified")
    for estimate, value in zip(estimates, expected, strict=True):
        assert estimate.item() == pytest.approx(value, abs=0.05)


def test_weighted_sampling_finds_the_known_values_but_for_its_constants():
    # Chen 2018, eq. 3 divides by N M: with the whole data set as the batch every log density is low by log N
    posterior, latent, (mi, tc, dwkl) = gaussian_case()
    estimates = decompose(posterior, latent, 2000, "weighted")
    offset = math.log(2000)
    for estimate, value in zip(estimates, (mi + offset, tc + (2 - 1) * offset, dwkl - 2 * offset), strict=True):
        assert estimate.item() == pytest.approx(value, abs=0.05)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_three_parts_add_up_to_the_sampled_kl(batch, sampling):
    mean, logvar = batch.posterior
    log_q = torch.distributions.Normal(mean, torch.exp(0.5 * logvar)).log_prob(batch.latent).sum(1)
    log_p = torch.distributions.Normal(0.0, 1.0).log_prob(batch.latent).sum(1)
    parts = decompose(batch.posterior, batch.latent, 1000, sampling)
    torch.testing.assert_close(sum(parts), (log_q - log_p).mean())


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_estimate_equals_the_paper_written_out_in_loops(batch, sampling):
    n, m = 1000, 10
    z, mu = batch.latent.detach().numpy().astype(float), batch.posterior.mean.detach().numpy().astype(float)
    sigma = np.exp(0.5 * batch.posterior.logvar.detach().numpy().astype(float))
    log_qz = np.zeros(m)
    log_each = np.zeros((m, 3))
    for i in range(m):
        joint, each = 0.0, np.zeros(3)
        for j in range(m):
            if sampling == "weighted":
                weight = 1 / (n * m)
            elif j == i:
                weight = 1 / n
            elif j == (i + 1) % m:
                weight = (n - (m - 1)) / (n * (m - 1))
            else:
                weight = 1 / (m - 1)
            density = norm.pdf(z[i], mu[j], sigma[j])
            joint += weight * density.prod()
            each += weight * density
        log_qz[i], log_each[i] = np.log(joint), np.log(each)
    log_conditional = norm.logpdf(z, mu, sigma).sum(1)
    expected = (
        (log_conditional - log_qz).mean(),
        (log_qz - log_each.sum(1)).mean(),
        (log_each.sum(1) - norm.logpdf(z).sum(1)).mean(),
    )
    actual = [part.item() for part in decompose(batch.posterior, batch.latent, n, sampling)]
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_stratified_weights_make_an_unbiased_density():
    # Averaged over the places an image can take in the batch, every image of the data set weighs 1 / N.
    n, batch = 50, 8
    weights = log_importance_weights(batch, n, "stratified").exp()
    torch.testing.assert_close(weights.sum(1), torch.ones(batch))
    torch.testing.assert_close(weights.diagonal(), torch.full((batch,), 1 / n))
    others = (weights.sum(1) - weights.diagonal()) / (n - 1)
    torch.testing.assert_close(others, torch.full((batch,), 1 / n))


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_weights_of_one_are_the_vae_in_expectation(make, batch, sampling):
    # the closed KL of the VAE is the mean of the sampled one over many draws of z
    torch.manual_seed(0)
    objective = make("beta_tcvae", beta=1, sampling=sampling)
    totals = [objective(*batch[:3], batch.posterior.sample(), 0).total.item() for _ in range(500)]
    assert np.mean(totals) == pytest.approx(make("vae")(*batch, 0).total.item(), abs=4 * np.std(totals) / 500**0.5)


def test_the_total_is_the_weighted_sum_of_the_parts(loss):
    terms = loss("beta_tcvae", alpha=2, beta=3, gamma=5)
    p = terms.parts
    torch.testing.assert_close(
        terms.total.detach(), p["reconstruction"] + 2 * p["mi"] + 3 * p["tc"] + 5 * p["dwkl"], rtol=1e-5, atol=1e-4
    )


def test_neither_estimate_is_readable_as_an_absolute_value():
    # independent latents, I(x; z) = 9.78 nats, TC = 0, batches of 64 (docs/objectives.md)
    latents, batch, n = 10, 64, 737_280
    variance = math.exp(-2 * 0.978)
    torch.manual_seed(0)
    means = math.sqrt(1 - variance) * torch.randn(200, batch, latents)
    posteriors = [Posterior(mean, torch.full_like(mean, math.log(variance))) for mean in means]
    latent = [posterior.sample() for posterior in posteriors]
    read = {
        sampling: torch.tensor(
            [decompose(p, z, n, sampling)[:2] for p, z in zip(posteriors, latent, strict=True)], dtype=torch.float64
        ).mean(0)
        for sampling in SAMPLINGS
    }
    stratified, weighted = read["stratified"].tolist(), read["weighted"].tolist()
    assert stratified == pytest.approx([12.6, -2.5], abs=0.3)
    assert weighted[1] - (latents - 1) * math.log(n) == pytest.approx(5.4, abs=0.3)


def test_far_apart_posteriors_stay_finite():
    posterior = Posterior(torch.tensor([[-1e3], [1e3]]), torch.full((2, 1), -20.0))
    for sampling in SAMPLINGS:
        assert all(part.isfinite() for part in decompose(posterior, posterior.mean, 2, sampling))


def test_a_batch_of_one_is_refused(make, batch):
    one = [batch.images[:1], batch.logits[:1], Posterior(*(p[:1] for p in batch.posterior)), batch.latent[:1]]
    with pytest.raises(InvalidInput, match="batch of 1"):
        make("beta_tcvae")(*one, 0)


def test_a_negative_weight_is_refused(make):
    with pytest.raises(InvalidInput, match="beta: got -6"):
        make("beta_tcvae", beta=-6)

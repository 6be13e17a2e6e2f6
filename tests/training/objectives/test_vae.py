import pytest
import torch
from torch.distributions import Normal, kl_divergence


def test_vae_is_reconstruction_plus_the_kl_of_torch_distributions(loss, batch):
    terms = loss("vae")
    mean, logvar = batch.posterior
    kl = kl_divergence(Normal(mean, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(terms.parts["kl"], kl.detach())
    torch.testing.assert_close(terms.total, terms.parts["reconstruction"] + kl)


@pytest.mark.parametrize("likelihood", ["bernoulli", "mse", "gaussian"])
def test_the_likelihood_is_chosen_apart_from_the_objective(loss, batch, likelihood):
    p = torch.sigmoid(batch.logits)
    expected = {
        "bernoulli": -torch.distributions.Bernoulli(p, validate_args=False).log_prob(batch.images),
        "mse": (p - batch.images).square(),
        "gaussian": -Normal(p, 1.0).log_prob(batch.images),
    }[likelihood]
    actual = loss("vae", likelihood=likelihood).parts["reconstruction"]
    torch.testing.assert_close(actual, expected.sum((1, 2, 3)).mean().detach())


def test_parts_are_detached_scalars(loss):
    for part in loss("vae").parts.values():
        assert part.shape == ()
        assert not part.requires_grad

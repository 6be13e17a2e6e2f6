import pytest
import torch

from models_zoo.errors import InvalidInput


def test_a_capacity_of_zero_is_beta_vae_with_gamma_as_beta(loss):
    torch.testing.assert_close(loss("annealed_vae", gamma=7, c_max=0).total, loss("beta_vae", beta=7).total)


@pytest.mark.parametrize(("step", "capacity"), [(0, 0.0), (25, 5.0), (100, 20.0), (101, 20.0), (10**6, 20.0)])
def test_the_capacity_grows_linearly_and_stays(loss, step, capacity):
    terms = loss("annealed_vae", step=step, gamma=2, c_max=20, iteration_threshold=100)
    assert terms.parts["capacity"].item() == pytest.approx(capacity)
    expected = terms.parts["reconstruction"] + 2 * abs(terms.parts["kl"] - capacity)
    torch.testing.assert_close(terms.total.detach(), expected)


def test_a_kl_below_the_capacity_is_raised(loss, batch):
    loss("annealed_vae", step=10, gamma=1, c_max=1000, iteration_threshold=10).total.backward()
    logvar = batch.posterior.logvar
    # d KL / d logvar = (exp(logvar) - 1) / 2 per latent, averaged over the batch; here with the sign turned round
    torch.testing.assert_close(logvar.grad, -(logvar.detach().exp() - 1) / 2 / len(logvar))


def test_a_negative_capacity_is_refused(make):
    with pytest.raises(InvalidInput, match="c_max: got -1"):
        make("annealed_vae", c_max=-1)

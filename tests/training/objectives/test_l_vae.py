import pytest
import torch

from training.runs.run_config import likelihood_warning, resolve


def test_at_the_start_it_is_the_vae_plus_two(loss):
    torch.testing.assert_close(loss("l_vae").total, loss("vae").total + 2)


def test_the_weights_settle_at_their_analytic_optimum(make, batch):
    objective = make("l_vae")
    optimizer = torch.optim.Adam(objective.parameters(), lr=0.05)
    for _ in range(800):
        optimizer.zero_grad()
        terms = objective(*batch, 0)
        terms.total.backward()
        optimizer.step()
    # d/du (R / u + u) = 0 at u = sqrt(R)
    reconstruction, kl = terms.parts["reconstruction"].item(), terms.parts["kl"].item()
    weights = objective.learned_weights()
    assert weights["s0"].item() ** 2 == pytest.approx(reconstruction**0.5, rel=1e-3)
    assert weights["s1"].item() ** 2 == pytest.approx(kl**0.5, rel=1e-3)
    assert weights["beta_hat"].item() == pytest.approx((reconstruction / kl) ** 0.5, rel=1e-3)
    assert terms.total.item() == pytest.approx(2 * (reconstruction**0.5 + kl**0.5), rel=1e-4)


def test_beta_hat_is_the_beta_of_the_same_gradient_direction(make, batch):
    objective = make("l_vae")
    with torch.no_grad():
        objective.log_squares.copy_(torch.tensor([0.8, -0.5]))
    s0_squared = objective.learned_weights()["s0"] ** 2
    beta = objective.learned_weights()["beta_hat"].item()
    mean = batch.posterior.mean
    (ours,) = torch.autograd.grad(objective(*batch, 0).total, mean, retain_graph=True)
    (theirs,) = torch.autograd.grad(make("beta_vae", beta=beta)(*batch, 0).total, mean)
    torch.testing.assert_close(ours * s0_squared, theirs)


@pytest.mark.parametrize("name", ["l_vae", "mdl_vae_strong", "mdl_vae_weak", "mdl_vae_v1", "mdl_vae_v2", "mdl_vae_v3"])
def test_a_run_that_names_no_likelihood_gets_the_squared_error_of_the_thesis(name):
    config = resolve({"dataset": "dsprites", "objective": name})
    assert config.likelihood == "mse"
    assert likelihood_warning(config) is None
    other = resolve({"dataset": "dsprites", "objective": name, "likelihood": "bernoulli"})
    assert other.likelihood == "bernoulli"
    assert f"{name} was made for the likelihood mse; this run has bernoulli" in likelihood_warning(other)


def test_objectives_made_for_any_likelihood_keep_bernoulli_and_warn_of_nothing():
    for likelihood in (None, "mse"):
        config = resolve({"dataset": "dsprites", "objective": "beta_vae", "likelihood": likelihood})
        assert config.likelihood == (likelihood or "bernoulli")
        assert likelihood_warning(config) is None

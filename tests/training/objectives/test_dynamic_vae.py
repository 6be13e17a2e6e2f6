import math

import pytest
import torch

from models_zoo.errors import InvalidInput
from training.runs.run_config import resolve


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def feed(objective, kls, goal):
    """Betas after each measured KL."""
    betas = []
    for kl in kls:
        objective.control(torch.tensor(kl), goal)
        betas.append(objective.beta.item())
    return betas


def test_the_controller_follows_a_trajectory_computed_by_hand(make):
    objective = make("dynamic_vae", kp=0.5, ki=0.1, beta_start=10, window=2)
    # moving averages 16, 17, 20: e = 2, 1, -2; before the first step e is taken to have been 2
    first = 10 - 0.1 * 2
    second = first + 0.5 * (logistic(-1) - logistic(-2)) - 0.1 * 1
    third = second + 0.5 * (logistic(2) - logistic(-1)) + 0.1 * 2
    assert feed(objective, [16.0, 18.0, 22.0], 18.0) == pytest.approx([first, second, third], abs=1e-12)


def test_the_controller_brings_a_toy_plant_to_the_set_point(make):
    objective = make("dynamic_vae")
    kl = 0.0
    for _ in range(6_000):
        objective.control(torch.tensor(kl), 18.0)
        kl += 0.05 * (60 / (1 + objective.beta.item()) - kl)  # settles where a larger beta means a smaller KL
    assert kl == pytest.approx(18.0, abs=0.05)
    assert objective.beta.item() == pytest.approx(60 / 18 - 1, abs=0.05)


@pytest.mark.parametrize(("stuck", "limit", "freed"), [(0.0, 0.1, 30.0), (500.0, 200.0, 6.0)])
def test_beta_leaves_its_limit_as_soon_as_the_error_turns(make, stuck, limit, freed):
    objective = make("dynamic_vae", beta_max=200)
    assert feed(objective, [stuck] * 3_000, 18.0)[-1] == limit
    after = feed(objective, [freed] * 8, 18.0)
    assert abs(after[-1] - limit) > 0.1


def test_the_loss_weighs_the_kl_by_the_beta_it_reports(loss):
    terms = loss("dynamic_vae")
    p = terms.parts
    torch.testing.assert_close(terms.total.detach(), p["reconstruction"] + p["beta"] * p["kl"])
    assert p["set_point"].item() == 0.5


def test_the_controller_rests_in_evaluation(make, batch):
    objective = make("dynamic_vae").eval()
    objective(*batch, 0)
    assert objective.beta.item() == 150


def test_each_raise_is_spread_over_a_ramp_as_in_the_published_code(make):
    objective = make("dynamic_vae", v_every=6_000, v_ramp=1_000)
    found = [objective.goal(step) for step in (0, 5_999, 6_000, 6_499, 6_999, 7_000, 11_999, 12_499, 10**7)]
    ramp = 0.15 / 1_000
    expected = [0.5, 0.5, 0.5 + ramp, 0.5 + 500 * ramp, 0.65, 0.65, 0.65, 0.65 + 500 * ramp, 18.0]
    assert found == pytest.approx(expected)


def test_a_run_of_an_earlier_version_keeps_raising_at_once(make):
    earlier = {"v_every": 5_000, "beta_min": 0.0}
    settings = resolve({"dataset": "dsprites", "objective": "dynamic_vae", "objective_settings": earlier})
    assert settings.objective_settings["v_ramp"] is None
    objective = make("dynamic_vae", **settings.objective_settings)
    assert [objective.goal(step) for step in (4_999, 5_000)] == pytest.approx([0.5, 0.65])


def test_a_saved_controller_goes_on_where_it_was(make):
    whole, first, second = make("dynamic_vae"), make("dynamic_vae"), make("dynamic_vae")
    kls = [3.0, 40.0, 2.0, 25.0, 9.0, 31.0, 4.0]
    feed(first, kls[:3], 18.0)
    second.load_state_dict(first.state_dict())
    assert feed(whole, kls, 18.0)[3:] == feed(second, kls[3:], 18.0)


def test_an_empty_window_is_refused(make):
    with pytest.raises(InvalidInput, match="window: got 0"):
        make("dynamic_vae", window=0)


def test_limits_the_wrong_way_round_are_refused(make):
    with pytest.raises(InvalidInput, match=r"beta_min 5.* above beta_max 2"):
        make("dynamic_vae", beta_min=5, beta_max=2)

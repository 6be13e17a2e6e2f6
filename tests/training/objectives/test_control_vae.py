import math

import pytest
import torch

from models_zoo.errors import InvalidInput
from training.registry import OBJECTIVES
from training.runs.run_config import resolve


def feed(objective, kls, goal):
    """Betas after each measured KL."""
    betas = []
    for kl in kls:
        objective.control(torch.tensor(kl), goal)
        betas.append(objective.beta.item())
    return betas


def test_the_controller_follows_a_trajectory_computed_by_hand(make):
    objective = make("control_vae", kp=0.5, ki=0.1, beta_start=0.2, beta_min=0.3)
    # e = 2, -1, -3; integral 0.2 - 0.2, + 0.1, + 0.3
    expected = [
        0.3 + 0.5 / (1 + math.exp(2)) + 0.0,
        0.3 + 0.5 / (1 + math.exp(-1)) + 0.1,
        0.3 + 0.5 / (1 + math.exp(-3)) + 0.4,
    ]
    assert feed(objective, [16.0, 19.0, 21.0], 18.0) == pytest.approx(expected, abs=1e-12)


def test_the_controller_brings_a_toy_plant_to_the_set_point(make):
    objective = make("control_vae", kp=0.01, ki=0.001)
    kl = 60.0
    for _ in range(8_000):
        objective.control(torch.tensor(kl), 18.0)
        kl += 0.05 * (60 / (1 + objective.beta.item()) - kl)  # settles where a larger beta means a smaller KL
    assert kl == pytest.approx(18.0, abs=0.05)
    assert objective.beta.item() == pytest.approx(60 / 18 - 1, abs=0.05)


@pytest.mark.parametrize(("stuck", "freed"), [(0.0, 25.0), (40.0, 11.0)])
def test_the_integral_does_not_wind_up_while_beta_is_clamped(make, stuck, freed):
    objective = make("control_vae", kp=0.01, ki=0.001, beta_max=2)
    at_limit = feed(objective, [stuck] * 2_000, 18.0)[-1]
    after = feed(objective, [freed] * 100, 18.0)[-1]
    assert at_limit == pytest.approx(0.0 if stuck < 18 else 2.0, abs=0.04)
    assert abs(after - at_limit) > 0.2, "2,000 steps at the limit are not to be worked off first"


def plant(objective, steps):
    """KL at the end of a run on a plant whose KL settles, slowly, where a larger beta means a smaller KL."""
    kl = 0.0
    for step in range(steps):
        objective.control(torch.tensor(kl), objective.goal(step))
        kl += 0.05 * (60 / (1 + objective.beta.item()) - kl)
    return kl


@pytest.mark.parametrize("name", ["control_vae", "dynamic_vae"])
def test_the_defaults_bring_a_plant_to_the_set_point_within_the_run(make, name):
    config = OBJECTIVES.load(name).Config().for_run(10_000)
    objective = make(name, **config.model_dump())
    assert plant(objective, 10_000) == pytest.approx(18.0, abs=0.2)


@pytest.mark.parametrize("name", ["control_vae", "dynamic_vae"])
@pytest.mark.parametrize("steps", [1_000, 30_000, 300_000, 1_500_000])
def test_the_set_point_arrives_at_the_published_share_of_any_run(make, name, steps):
    config = resolve({"dataset": "dsprites", "objective": name, "steps": steps})
    objective = make(name, **config.objective_settings)
    reached = next(step for step in range(0, steps, max(1, steps // 1000)) if objective.goal(step) == 18)
    assert 0.2 < reached / steps < 0.41
    if steps == 1_500_000:
        assert config.objective_settings["v_every"] == 5_000


def test_a_rate_that_was_named_is_kept():
    values = {"dataset": "dsprites", "objective": "control_vae", "objective_settings": {"v_every": 70}}
    assert resolve(values).objective_settings["v_every"] == 70


def test_the_set_point_rises_in_small_steps_to_its_goal(loss):
    points = [
        loss("control_vae", step=s, v_kl=1, v_every=5000).parts["set_point"].item()
        for s in (0, 4999, 5000, 15_000, 10**6)
    ]
    assert points == pytest.approx([0.5, 0.5, 0.65, 0.95, 1.0])


def test_the_loss_weighs_the_kl_by_the_beta_it_reports(loss):
    terms = loss("control_vae", beta_start=3)
    p = terms.parts
    torch.testing.assert_close(terms.total.detach(), p["reconstruction"] + p["beta"] * p["kl"])


def test_the_controller_rests_in_evaluation(make, batch):
    objective = make("control_vae", beta_start=3).eval()
    objective(*batch, 0)
    assert objective.beta.item() == 3
    assert objective.integral.item() == 3


def test_the_state_is_saved_in_double_precision(make):
    state = make("control_vae").state_dict()
    assert {name: tensor.dtype for name, tensor in state.items()} == dict.fromkeys(["integral", "beta"], torch.float64)


def test_a_negative_gain_is_refused(make):
    with pytest.raises(InvalidInput, match=r"ki: got -0\.1"):
        make("control_vae", ki=-0.1)


def test_limits_the_wrong_way_round_are_refused(make):
    with pytest.raises(InvalidInput, match=r"beta_min 5.* above beta_max 2"):
        make("control_vae", beta_min=5, beta_max=2)

"""The learning rate of every step, compared with the schedulers of PyTorch."""

import pytest
import torch
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR

from models_zoo.errors import Conflict, InvalidInput
from tests.training.runs.test_trainer import make_trainer
from training.runs.learning_rate import learning_rate
from training.runs.run_config import RunConfig, resolve

PEAK, FINAL, STEPS, WARMUP = 1e-3, 1e-5, 200, 40


def rates_of(**values) -> list[float]:
    config = RunConfig(dataset="dsprites", objective="vae", steps=STEPS, learning_rate=PEAK, **values)
    return [learning_rate(config, step) for step in range(STEPS)]


def torch_rates(*parts: tuple[int, type[LRScheduler], dict]) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    schedulers = [kind(optimizer, **arguments) for _, kind, arguments in parts]
    ends = [sum(steps for steps, *_ in parts[: n + 1]) for n in range(len(parts) - 1)]
    scheduler = SequentialLR(optimizer, schedulers, ends) if ends else schedulers[0]
    rates = []
    for _ in range(STEPS):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


def test_the_default_keeps_the_learning_rate():
    assert rates_of() == [PEAK] * STEPS


def test_a_linear_decay_takes_the_last_quarter():
    linear = {"start_factor": 1.0, "end_factor": FINAL / PEAK, "total_iters": STEPS // 4}
    expected = torch_rates((STEPS * 3 // 4, ConstantLR, {"factor": 1.0}), (STEPS // 4, LinearLR, linear))
    assert rates_of(final_learning_rate=FINAL) == pytest.approx(expected)


def test_a_cosine_takes_all_steps():
    expected = torch_rates((STEPS, CosineAnnealingLR, {"T_max": STEPS, "eta_min": FINAL}))
    assert rates_of(final_learning_rate=FINAL, learning_rate_schedule="cosine") == pytest.approx(expected)


def test_a_warm_up_grows_linearly_and_the_cosine_takes_the_rest():
    warm = {"start_factor": 1 / WARMUP, "end_factor": 1.0, "total_iters": WARMUP - 1}
    cosine = {"T_max": STEPS - WARMUP, "eta_min": FINAL}
    rates = rates_of(final_learning_rate=FINAL, learning_rate_schedule="cosine", warmup_steps=WARMUP)
    assert rates[:WARMUP] == pytest.approx(torch_rates((WARMUP, LinearLR, warm))[:WARMUP])
    assert rates[WARMUP:] == pytest.approx(torch_rates((STEPS, CosineAnnealingLR, cosine))[: STEPS - WARMUP])


def test_a_warm_up_alone_ends_at_the_learning_rate():
    rates = rates_of(warmup_steps=4)
    assert rates[:5] == pytest.approx([PEAK / 4, PEAK / 2, PEAK * 3 / 4, PEAK, PEAK])
    assert set(rates[3:]) == {PEAK}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate_schedule": "cosine"}, "got 'cosine' without final_learning_rate; allowed: both; set that too"),
        ({"warmup_steps": 10, "steps": 10}, "got 10; allowed: less than steps, 10"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(InvalidInput, match=message):
        resolve({"dataset": "dsprites", "objective": "vae", **values})


def test_a_run_on_a_cosine_is_not_resumed_with_other_steps(tmp_path):
    settings = {"objective": "vae", "final_learning_rate": FINAL, "learning_rate_schedule": "cosine", "warmup_steps": 2}
    saved = make_trainer(tmp_path, steps=8, **settings).snapshot()
    make_trainer(tmp_path, steps=9, **settings).restore(saved)
    late = make_trainer(tmp_path, steps=8, stop_at=3, **settings)
    late.train()
    with pytest.raises(Conflict, match="steps: checkpoint 8, now 9"):
        make_trainer(tmp_path, steps=9, stop_at=3, **settings).restore(late.snapshot())

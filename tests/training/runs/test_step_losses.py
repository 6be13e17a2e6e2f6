"""Losses of steps that are read in windows."""

import pytest
import torch

from training.model.losses import LossTerms
from training.runs.history import Window
from training.runs.step_losses import LossLog, NotFinite, step_losses


def losses(total=1.0, kl=2.0, adversary=None, per_latent=(0.5, 1.5)):
    against = None if adversary is None else LossTerms(torch.tensor(0.0), {"d_z": torch.tensor(adversary)})
    terms = LossTerms(torch.tensor(total, requires_grad=True), {"kl": torch.tensor(kl)})
    return step_losses(terms, against, torch.tensor(per_latent))


def test_a_window_is_the_sum_of_the_steps_in_double_precision():
    log, window = LossLog(), Window()
    for step in range(3):
        log.add(step, losses(total=0.1 * step, adversary=0.25))
    assert len(log) == 3
    log.read_into(window)
    assert len(log) == 0
    singles = [torch.tensor(0.1 * step).item() for step in range(3)]
    assert window.sums == {"total": sum(singles), "kl": 6.0, "d_z": 0.75}
    assert (window.count, window.kl) == (3, [1.5, 4.5])


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ({"kl": float("nan")}, ["kl"]),
        ({"total": float("inf")}, ["total"]),
        ({"total": float("nan"), "kl": float("inf"), "adversary": float("nan")}, ["kl"]),
        ({"adversary": float("inf")}, ["d_z"]),
    ],
)
def test_the_first_step_that_is_not_finite_is_named_with_its_parts(bad, parts):
    log, window = LossLog(), Window()
    good = {"adversary": 0.5} if "adversary" in bad else {}
    for step, values in enumerate((good, good, bad, {"total": float("nan"), **good})):
        log.add(step + 10, losses(**values))
    with pytest.raises(NotFinite) as caught:
        log.read_into(window)
    assert (caught.value.step, caught.value.parts) == (12, parts)
    assert window.count == 2

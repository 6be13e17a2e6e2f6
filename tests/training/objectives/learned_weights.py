"""What every form of mdL-VAE is held to; a form says its weight, its penalty and how it stores a square."""

from collections.abc import Callable
from typing import ClassVar

import pytest
import torch
from scipy.optimize import minimize_scalar

from training.model.losses import kl_per_latent

OF_RECONSTRUCTION, OF_LATENTS = 0.49, [0.04, 1.0, 2.25]


class LearnedWeights:
    """Tests of one objective; the subclass in its test file is what pytest collects."""

    name: ClassVar[str]
    # weight of a term whose learned number has this square
    weight: ClassVar[Callable[[float], float]]
    # what is added so that the weights do not vanish, of the square for reconstruction and those of the latents
    penalty: ClassVar[Callable[[float, list[float]], float]]

    @staticmethod
    def stored(square: torch.Tensor) -> torch.Tensor:
        """The parameter that stands for a square."""
        return square.sqrt()

    def with_squares(self, make):
        objective = make(self.name)
        with torch.no_grad():
            objective.reconstruction_scale.copy_(self.stored(torch.tensor(OF_RECONSTRUCTION)))
            objective.latent_scales.copy_(self.stored(torch.tensor(OF_LATENTS)))
        return objective

    def test_the_loss_is_the_formula_worked_out_by_hand(self, make, batch):
        terms = self.with_squares(make)(*batch, 0)
        kl = kl_per_latent(batch.posterior).mean(0).tolist()
        expected = self.weight(OF_RECONSTRUCTION) * terms.parts["reconstruction"].item()
        expected += self.penalty(OF_RECONSTRUCTION, OF_LATENTS)
        expected += sum(self.weight(square) * nats for square, nats in zip(OF_LATENTS, kl, strict=True))
        assert terms.total.item() == pytest.approx(expected, rel=1e-5)
        assert terms.parts["kl"].item() == pytest.approx(sum(kl), rel=1e-5)

    def test_every_s_starts_at_one(self, make):
        weights = make(self.name).learned_weights()
        assert torch.equal(weights["sr"], torch.tensor(1.0))
        assert torch.equal(weights["sd"], torch.ones(3))

    def test_reported_weights_are_the_positive_roots(self, make):
        weights = self.with_squares(make).learned_weights()
        assert weights["sr"].item() == pytest.approx(0.7)
        assert weights["sd"].tolist() == pytest.approx([0.2, 1.0, 1.5])

    def test_the_weights_settle_at_their_analytic_optimum(self, make, batch):
        objective = make(self.name)
        optimizer = torch.optim.Adam(objective.parameters(), lr=0.3)
        for _ in range(1000):
            optimizer.zero_grad()
            terms = objective(*batch, 0)
            terms.total.backward()
            optimizer.step()
        nats = [terms.parts["reconstruction"].item(), *kl_per_latent(batch.posterior).mean(0).tolist()]
        weights = objective.learned_weights()
        actual = [weights["sr"].item() ** 2, *weights["sd"].square().tolist()]
        for index, (term, square) in enumerate(zip(nats, actual, strict=True)):

            def cost(candidate: float, index: int = index, term: float = term) -> float:
                squares = [0.0] * 4
                squares[index] = candidate
                return self.weight(candidate) * term + self.penalty(squares[0], squares[1:])

            best = minimize_scalar(cost, bounds=(1e-9, 1e3), method="bounded", options={"xatol": 1e-9}).x
            assert square == pytest.approx(best, rel=0.01, abs=2e-3)

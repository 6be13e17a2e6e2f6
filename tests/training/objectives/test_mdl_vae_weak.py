import math

from tests.training.objectives.learned_weights import LearnedWeights


class TestFormula(LearnedWeights):
    name = "mdl_vae_weak"

    @staticmethod
    def weight(square: float) -> float:
        return 1 / (1 + math.log(1 + square))

    @staticmethod
    def penalty(of_reconstruction: float, of_latents: list[float]) -> float:
        return of_reconstruction + sum(math.log(1 + square) for square in of_latents) / len(of_latents)

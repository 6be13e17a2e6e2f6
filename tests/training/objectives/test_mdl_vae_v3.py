import math

from torch import Tensor

from tests.training.objectives.learned_weights import LearnedWeights


class TestFormula(LearnedWeights):
    name = "mdl_vae_v3"

    @staticmethod
    def weight(square: float) -> float:
        return 1 / square

    @staticmethod
    def penalty(of_reconstruction: float, of_latents: list[float]) -> float:
        return math.log(1 + of_reconstruction) + sum(math.log(1 + square) for square in of_latents)

    @staticmethod
    def stored(square: Tensor) -> Tensor:
        return square.log()

from torch import Tensor

from tests.training.objectives.learned_weights import LearnedWeights


class TestFormula(LearnedWeights):
    name = "mdl_vae_v2"

    @staticmethod
    def weight(square: float) -> float:
        return 1 / square

    @staticmethod
    def penalty(of_reconstruction: float, of_latents: list[float]) -> float:
        return of_reconstruction + sum(of_latents)

    @staticmethod
    def stored(square: Tensor) -> Tensor:
        return square.log()

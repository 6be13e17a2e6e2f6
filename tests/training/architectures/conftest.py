import pytest
import torch

from models_zoo.errors import InvalidInput
from training.registry import ARCHITECTURES

SHAPES = [(64, 64, 1), (64, 64, 3), (128, 128, 1), (128, 128, 3)]


class Check:
    """What every architecture has to do; one instance a test, of the architecture its file is named after."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.build = ARCHITECTURES.load(name).build

    def shapes(self) -> None:
        """Both sizes, one or three channels, one latent or many; gradients reach every parameter."""
        for (height, width, channels), latents in zip(SHAPES, (1, 7, 7, 1), strict=True):
            encoder, decoder = self.build((height, width, channels), latents)
            images = torch.rand(2, channels, height, width)
            mean, logvar = encoder(images)
            assert mean.shape == logvar.shape == (2, latents)
            logits = decoder(mean)
            assert logits.shape == images.shape
            (logits.sum() + logvar.sum()).backward()
            assert all(p.grad is not None for m in (encoder, decoder) for p in m.parameters())

    def refusals(self) -> None:
        """Wrong sizes and no latents are refused with what is accepted."""
        for shape in [(32, 32, 1), (64, 128, 3), (64, 64, 2), (96, 96, 3)]:
            with pytest.raises(InvalidInput, match=r"allowed for \w+: 64x64 or 128x128 with 1 or 3 channels") as caught:
                self.build(shape, 10)
            assert f"{shape[0]}x{shape[1]} pixels with {shape[2]} channels" in str(caught.value)
            assert caught.value.allowed == [[64, 64, 1], [64, 64, 3], [128, 128, 1], [128, 128, 3]]
        for latents in (0, -1):
            with pytest.raises(InvalidInput, match=f"got {latents} latents; allowed: at least 1"):
                self.build((64, 64, 1), latents)

    def parameters(self) -> tuple[int, int]:
        """Count those of encoder and decoder, for one channel of 64x64 and 10 latents."""
        encoder, decoder = self.build((64, 64, 1), 10)
        return tuple(sum(p.numel() for p in module.parameters()) for module in (encoder, decoder))


@pytest.fixture
def check(request) -> Check:
    return Check(request.path.stem.removeprefix("test_"))

"""Model of an encoder and a decoder from an architecture plugin."""

import torch
from torch import Tensor, nn

from training.model.losses import Posterior
from training.registry import ARCHITECTURES


class VAE(nn.Module):
    """Encoder and decoder as one module.

    Parameters
    ----------
    architecture : str
        Plugin name.
    image_shape : tuple of int
        Height, width, channels.
    latents : int
    """

    def __init__(self, architecture: str, image_shape: tuple[int, int, int], latents: int) -> None:
        super().__init__()
        self.encoder, self.decoder = ARCHITECTURES.load(architecture).build(image_shape, latents)

    def encode(self, images: Tensor) -> Posterior:
        """Return the posterior of images (batch, channels, height, width) in [0, 1]."""
        return Posterior(*self.encoder(images))

    def decode(self, latent: Tensor) -> Tensor:
        """Return logits (batch, channels, height, width) of latent points (batch, latents)."""
        logits: Tensor = self.decoder(latent)
        return logits


def start_bias_at(decoder: nn.Module, mean_image: Tensor) -> None:
    """Set the bias of the decoder's last layer to the log-odds of ``mean_image`` (channels, height, width).

    A layer with one bias a channel gets the channel's mean; one with a bias a pixel gets every pixel's.
    """
    layer = [module for module in decoder.modules() if getattr(module, "bias", None) is not None][-1]
    bias = layer.bias
    if not isinstance(bias, Tensor):
        return
    mean = mean_image.mean((1, 2)) if bias.numel() == mean_image.shape[0] else mean_image.flatten()
    probability = mean.clamp(1e-3, 1 - 1e-3)
    with torch.no_grad():
        bias.copy_(torch.log(probability) - torch.log1p(-probability))

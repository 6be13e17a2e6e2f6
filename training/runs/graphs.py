"""ONNX graphs of a model, and their difference from torch."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models_zoo.codec import Codec
from models_zoo.graph_notes import clear_notes
from models_zoo.manifest import DECODER, ENCODER, NOISELESS_LOGVAR, Parity
from training.model.vae import VAE
from training.runs.batches import to_tensor
from training.runs.sequential_graph import OPSET, is_plain, sequential_graph


def _posterior(encoder: nn.Module, image: Tensor, *, stochastic: bool) -> tuple[Tensor, Tensor]:
    mean, logvar = encoder(image)
    return mean, logvar if stochastic else torch.full_like(mean, NOISELESS_LOGVAR)


class _Encoder(nn.Module):
    def __init__(self, model: VAE, *, stochastic: bool) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.stochastic = stochastic

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        return _posterior(self.encoder, image, stochastic=self.stochastic)


class _Decoder(nn.Module):
    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(self, latent: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(latent))


def export_graph(module: nn.Module, example: Tensor, path: Path, inputs: list[str], outputs: list[str]) -> None:
    """Write one graph with a dynamic batch, without notes of the exporter; ``example`` has two rows or more."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            (example,),
            path,
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
            external_data=False,
            opset_version=OPSET,
            input_names=inputs,
            output_names=outputs,
            verbose=False,
        )
    clear_notes(graph := onnx.load_model(path))
    onnx.save_model(graph, path)


def export_graphs(
    model: VAE, image_shape: tuple[int, int, int], latents: int, folder: Path, *, stochastic: bool = True
) -> None:
    """Write `encoder.onnx` (image -> mean, logvar) and `decoder.onnx` (latent -> image, sigmoid inside).

    Batch is dynamic; images are float32 (batch, channels, height, width) in [0, 1]. A model that was trained without
    noise (``stochastic`` false: the autoencoder) has a log-variance that training never moved: its graph gives
    `NOISELESS_LOGVAR` instead. Networks of plain layers are written here, all others by the exporter of torch.
    """
    height, width, channels = image_shape
    model = model.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    images, points = torch.rand(2, channels, height, width), torch.randn(2, latents)
    if is_plain(model.encoder, images):
        logvar = None if stochastic else NOISELESS_LOGVAR
        graph = sequential_graph(model.encoder, "encoder", images, "image", ["mean", "logvar"], logvar=logvar)
        onnx.save_model(graph, folder / ENCODER)
    else:
        export_graph(_Encoder(model, stochastic=stochastic), images, folder / ENCODER, ["image"], ["mean", "logvar"])
    if is_plain(model.decoder, points):
        decoder = nn.Sequential(*model.decoder, nn.Sigmoid())
        onnx.save_model(sequential_graph(decoder, "decoder", points, "latent", ["image"]), folder / DECODER)
    else:
        export_graph(_Decoder(model), points, folder / DECODER, ["latent"], ["image"])


def measure_parity(model: VAE, codec: Codec, images: NDArray[np.uint8], *, stochastic: bool = True) -> Parity:
    """Return the largest absolute difference of torch and ONNX Runtime on uint8 images (n, height, width, channels)."""
    with torch.no_grad():
        planes = to_tensor(images, torch.device("cpu"))
        mean, logvar = _posterior(model.encoder, planes, stochastic=stochastic)
        decoded = torch.sigmoid(model.decode(mean)).permute(0, 2, 3, 1).numpy()
    onnx_mean, onnx_logvar = codec.encode(images)
    return Parity(
        mean=float(np.abs(mean.numpy() - onnx_mean).max()),
        logvar=float(np.abs(logvar.numpy() - onnx_logvar).max()),
        image=float(np.abs(decoded - codec.decode(mean.numpy())).max()),
        images=len(images),
    )

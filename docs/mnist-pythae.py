"""Train a VAE on MNIST by pythae and write it as two ONNX graphs: the origin of the bundled model `mnist-pythae`.

``python mnist-pythae.py DATA OUT`` reads the unpacked train-images-idx3-ubyte in DATA and writes encoder.onnx and
decoder.onnx to OUT. It needs pythae 0.1.2 and onnxscript; Axiscope needs neither. docs/zoo.md has all commands.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor, nn

LATENTS, EPOCHS, SEED = 10, 30, 0


class Encoder(nn.Module):
    """Encoder of pythae with its two outputs by position: mean and log-variance."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance, each (batch, latents)."""
        output = self.encoder(image)
        return output["embedding"], output["log_covariance"]


class Decoder(nn.Module):
    """Decoder of pythae, with the picture as its output."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latent: Tensor) -> Tensor:
        """Return pictures (batch, 1, 28, 28) in [0, 1]."""
        return self.decoder(latent)["reconstruction"].reshape(-1, 1, 28, 28)


def read_digits(data: Path) -> Tensor:
    """Return the 60,000 training digits: float32 (60000, 1, 28, 28) in [0, 1]."""
    raw = np.frombuffer((data / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    return torch.from_numpy(raw.reshape(-1, 1, 28, 28).astype(np.float32) / 255)


def train(digits: Tensor, out: Path) -> VAE:
    """Train pythae's default networks with cross-entropy, Adam at 1e-3 and batches of 128, on one thread."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=LATENTS, reconstruction_loss="bce"))
    config = BaseTrainerConfig(
        output_dir=str(out / "run"),
        num_epochs=EPOCHS,
        learning_rate=1e-3,
        per_device_train_batch_size=128,
        per_device_eval_batch_size=128,
        seed=SEED,
        no_cuda=True,
    )
    images = BaseDataset(digits, torch.zeros(len(digits)))
    shown = BaseDataset(digits[:5000], torch.zeros(5000))
    BaseTrainer(model, train_dataset=images, eval_dataset=shown, training_config=config).train()
    return model.eval()


def write_graph(module: nn.Module, example: Tensor, path: Path, inputs: list[str], outputs: list[str]) -> None:
    """Write one graph with a free batch size."""
    torch.onnx.export(
        module.eval(),
        (example,),
        path,
        input_names=inputs,
        output_names=outputs,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
    )


def main(data: Path, out: Path) -> None:
    """Train and write the two graphs."""
    digits = read_digits(data)
    model = train(digits, out)
    write_graph(Encoder(model.encoder), digits[:2], out / "encoder.onnx", ["image"], ["mean", "logvar"])
    write_graph(Decoder(model.decoder), torch.zeros(2, LATENTS), out / "decoder.onnx", ["latent"], ["image"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Network of FD-factor: a small convolutional network that classifies the factors of a data set.

Trained once per data set and kept in the cache; needs torch, and is loaded only when that metric runs.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from models_zoo.files import new_directory
from models_zoo.home import cache_directory
from training.data.dataset import Dataset

FEATURES = 64
BATCH = 64
MIN_SIDE = 16
LEARNING_RATE = 1e-3
CHECK_IMAGES = 1_000
FORMAT = 1


class FactorNet(nn.Module):
    """Four strided convolutions, 64 features, one linear head per factor.

    Parameters
    ----------
    channels : int
        Of the images.
    sizes : tuple of int
        Classes of each factor.
    """

    def __init__(self, channels: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        widths = (channels, 32, 32, 64, 64)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64 * 16, FEATURES))
        self.heads = nn.ModuleList([nn.Linear(FEATURES, size) for size in sizes])

    def forward(self, image: Tensor) -> Tensor:
        """Return features (b, 64) of images (b, channels, height, width) in [0, 1]."""
        small = MIN_SIDE / min(image.shape[2:])
        features: Tensor = self.body(F.interpolate(image, scale_factor=small) if small > 1 else image)
        return features

    def logits(self, features: Tensor) -> list[Tensor]:
        """Return class scores of every factor, each (b, size)."""
        return [head(F.relu(features)) for head in self.heads]


@dataclass(frozen=True)
class FactorFeatures:
    """Features of images, as the metric calls them.

    Parameters
    ----------
    net : FactorNet
    accuracy : dict
        Share of held-out images whose class the network predicts, by factor.
    """

    net: FactorNet
    accuracy: dict[str, float]

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return features (n, 64) of images (n, height, width, channels)."""
        with torch.no_grad():
            parts = [self.net(as_tensor(images[start : start + BATCH])) for start in range(0, len(images), BATCH)]
        return np.asarray(torch.cat(parts).numpy(), dtype=np.float64)


def as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """Return images as float32 (n, channels, height, width) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))).float() / 255


def _key(dataset: Dataset, steps: int, seed: int) -> str:
    probe = dataset.images(np.unique(np.linspace(0, len(dataset) - 1, 16).astype(np.int64)))
    facts = json.dumps([FORMAT, dataset.name, len(dataset), dataset.factors.sizes, steps, seed, FEATURES])
    return hashlib.sha256(facts.encode() + np.ascontiguousarray(probe).tobytes()).hexdigest()[:32]


def load(dataset: Dataset, *, steps: int, seed: int, threads: int = 1, cache: Path | None = None) -> FactorFeatures:
    """Load the network of the data set from the cache (that of the home by default), or train it."""
    folder = (cache or cache_directory()) / "factor_networks" / _key(dataset, steps, seed)
    net = FactorNet(dataset.image_shape[2], dataset.factors.sizes)
    found = _read(folder, net)
    if found is not None:
        return found
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = FactorNet(dataset.image_shape[2], dataset.factors.sizes)
            accuracy = _train(net, dataset, steps, np.random.default_rng(seed))
    finally:
        torch.set_num_threads(before)
    with new_directory(folder) as temporary:
        save_file(net.state_dict(), temporary / "weights.safetensors")
        (temporary / "accuracy.json").write_text(json.dumps(accuracy))
    return FactorFeatures(net.eval(), accuracy)


def _read(folder: Path, net: FactorNet) -> FactorFeatures | None:
    try:
        net.load_state_dict(load_file(folder / "weights.safetensors"))
        accuracy = json.loads((folder / "accuracy.json").read_text())
    except (OSError, ValueError, RuntimeError):
        return None
    return FactorFeatures(net.eval(), accuracy)


def _labelled(dataset: Dataset, rng: np.random.Generator, n: int) -> tuple[Tensor, Tensor]:
    indices = rng.integers(0, len(dataset), size=n)
    return as_tensor(dataset.images(indices)), torch.from_numpy(dataset.labels(indices))


def _train(net: FactorNet, dataset: Dataset, steps: int, rng: np.random.Generator) -> dict[str, float]:
    optimiser = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    for _ in range(steps):
        images, labels = _labelled(dataset, rng, BATCH)
        losses = [
            F.cross_entropy(logits, labels[:, k], ignore_index=-1)
            for k, logits in enumerate(net.logits(net(images)))
            if (labels[:, k] >= 0).any()
        ]
        if not losses:
            continue
        optimiser.zero_grad()
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    images, labels = _labelled(dataset, rng, CHECK_IMAGES)
    with torch.no_grad():
        right = [logits.argmax(dim=1) == labels[:, k] for k, logits in enumerate(net.logits(net(images)))]
    return {name: float(hits.float().mean()) for name, hits in zip(dataset.factors.names, right, strict=True)}

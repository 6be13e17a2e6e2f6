"""Export of PyTorch modules as a model of the zoo."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from backend.models.importing import ImportDataset, ImportRequest, import_model, require_free
from models_zoo.codec import open_session, run_session
from models_zoo.errors import InvalidInput
from models_zoo.home import zoo_directory
from models_zoo.json_types import JsonObject
from models_zoo.manifest import DECODER, ENCODER, Parity
from training.runs.graphs import export_graph

ENCODERS = ("encode", "encoder", "_encoder")
DECODERS = ("decode", "decoder", "_decoder")
ROWS = 2
"""Rows of an example, at least: with one, the export takes the batch for a constant."""


class _Half(nn.Module):
    """One half of a VAE as a module whose outputs are a tuple of tensors."""

    def __init__(self, owner: nn.Module, call: Callable[[Tensor], object], read: Callable[[object], dict[str, Tensor]]):
        super().__init__()
        self.owner, self.call, self.read = owner, call, read

    def forward(self, value: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.read(self.call(value)).values())


def _codes(made: object) -> dict[str, Tensor]:
    """Return the outputs of an encoder by name: a tensor, (mean, logvar), a mapping, or a distribution."""
    if isinstance(made, Tensor):
        return {"codes": made}
    if isinstance(made, Mapping):
        return {str(name): value for name, value in made.items() if isinstance(value, Tensor)}
    if isinstance(made, torch.distributions.Distribution):
        return {"mean": made.mean, "std": made.stddev}
    if isinstance(made, tuple | list) and len(made) == 2:
        return {"mean": made[0], "logvar": made[1]}
    raise InvalidInput(
        f"got an encoder that returns {_shown(made)}; allowed: (mean, logvar), one tensor of both halves or of the "
        "mean alone, a mapping of tensors, or a distribution; wrap it in a module that returns one of these"
    )


def _image(made: object) -> dict[str, Tensor]:
    """Return the image that a decoder made: a tensor, the first of a tuple, or the first of a mapping."""
    values = made.values() if isinstance(made, Mapping) else made if isinstance(made, tuple | list) else (made,)
    for value in values:
        if isinstance(value, Tensor):
            return {"image": value}
    raise InvalidInput(f"got a decoder that returns {_shown(made)}; allowed: a tensor, or a tuple or mapping with one")


def _shown(made: object) -> str:
    return f"{len(made)} values" if isinstance(made, tuple | list) else type(made).__name__


def _everything(made: object) -> dict[str, Tensor]:
    """Return the outputs of a whole VAE: reconstruction, mean and log-variance in a tuple, or a mapping of tensors."""
    if isinstance(made, tuple | list):
        return {f"output_{place}": value for place, value in enumerate(made) if isinstance(value, Tensor)}
    return _codes(made)


def _parts(vae: nn.Module) -> tuple[Callable[[Tensor], object], Callable[[Tensor], object]] | None:
    """Return the two halves of a VAE that has them as methods or modules."""
    found = [
        next((part for name in names if callable(part := getattr(vae, name, None))), None)
        for names in (ENCODERS, DECODERS)
    ]
    return (found[0], found[1]) if found[0] is not None and found[1] is not None else None


@contextmanager
def _evaluating(*modules: nn.Module) -> Iterator[None]:
    """Put modules into evaluation mode without gradients, and back into their modes after the block."""
    modes = [(each, each.training) for module in modules for each in module.modules()]
    try:
        for module in modules:
            module.eval()
        with torch.no_grad():
            yield
    finally:
        for each, mode in modes:
            each.training = mode


def _latent_for(codes: dict[str, Tensor], decode: Callable[[Tensor], object]) -> Tensor:
    """Return codes (n, latents) in the shape that the decoder takes: all, or the first half of one output.

    Raises
    ------
    InvalidInput
        With the reason of the last attempt.
    """
    first = next(iter(codes.values())).flatten(1)
    widths = [first.shape[1], first.shape[1] // 2] if len(codes) == 1 else [first.shape[1]]
    reason: Exception | None = None
    for width, tail in product(widths, ((), (1, 1))):
        latent = first[:, :width].reshape(-1, width, *tail).contiguous()
        try:
            decode(latent)
        except (AssertionError, IndexError, RuntimeError, ValueError) as error:
            reason = error
        else:
            return latent
    raise InvalidInput(
        f"got a decoder that does not take the codes of the encoder, {first.shape[1]} numbers an image: {reason}; "
        "allowed: the decoder that belongs to the encoder; give that one"
    )


class _Written(NamedTuple):
    """Outputs of a module by name, and their largest differences to those of its graph."""

    outputs: dict[str, Tensor]
    differences: list[float]


def _write(half: _Half, example: Tensor, path: Path) -> _Written:
    """Write the graph of a module and compare it with the module."""
    outputs = half.read(half.call(example))
    names = [f"axiscope_{name}" for name in outputs]  # a plain "mean" is taken where the module computes one
    export_graph(half, example, path, ["axiscope_input"], names)
    made = run_session(open_session(path, device="cpu"), names, {"axiscope_input": example.cpu().numpy()})
    pairs = zip(outputs.values(), made, strict=True)
    return _Written(outputs, [float(np.abs(tensor.cpu().numpy() - array).max()) for tensor, array in pairs])


def export(  # noqa: PLR0913 - all but four have defaults
    encoder: nn.Module,
    decoder: nn.Module | None,
    example: Tensor | ArrayLike,
    out: str | Path,
    *,
    name: str | None = None,
    dataset: str | None = None,
    dataset_settings: JsonObject | None = None,
    pixels: str = "auto",
    replace: bool = False,
) -> Path:
    """Write PyTorch modules as a model folder, and return it.

    Parameters
    ----------
    encoder : torch.nn.Module
        Returns (mean, logvar), one tensor of both halves or of the mean alone, a mapping of tensors, or a
        distribution. A whole VAE where ``decoder`` is None: its methods ``encode`` and ``decode``, or its modules
        ``encoder`` and ``decoder``, are exported; where it has none, its whole graph from image to (reconstruction,
        mean, logvar), which is cut at its latent.
    decoder : torch.nn.Module or None
        Takes latents (n, latents) or (n, latents, 1, 1), and returns images, or a tuple or mapping with them first.
    example : tensor or array_like of shape (n, channels, height, width)
        Images as the encoder takes them; flat ones need ``dataset``. Parity with ONNX Runtime is measured on them.
    out : str or Path
        The model's folder; a mere name is one in the zoo of ``AXISCOPE_HOME``.
    name : str, optional
        Display name; that of the folder by default.
    dataset : str, optional
        Data set that it was trained on: gives statistics, correlations and scores.
    dataset_settings : dict, optional
        Settings of the data set, e.g. ``{"path": "faces"}``.
    pixels : {"auto", "unit", "logits", "symmetric"}
        Values that the decoder gives: [0, 1], logits, or [-1, 1].
    replace : bool
        Whether a model of this id is replaced.

    Raises
    ------
    InvalidInput
        If the modules do not fit together.
    Conflict
        If there is such a model and ``replace`` is not set.
    """
    parts = (encoder, decoder) if decoder is not None else _parts(encoder)
    device = next((parameter.device for parameter in encoder.parameters()), torch.device("cpu"))
    images = torch.as_tensor(example, dtype=torch.float32, device=device)
    images = images if len(images) >= ROWS else images.repeat(ROWS, *[1] * (images.ndim - 1))
    folder = zoo_directory() / out if Path(out).name == str(out) else Path(out)
    if not replace:
        require_free(folder)
    with tempfile.TemporaryDirectory() as made, _evaluating(encoder, *([decoder] if decoder else [])):
        first, second = Path(made, ENCODER), Path(made, DECODER)
        if parts is None:
            second, parity = first, None
            _write(_Half(encoder, encoder, _everything), images, first)
        else:
            codes = _write(_Half(encoder, parts[0], _codes), images, first)
            latent = _latent_for(codes.outputs, parts[1])
            image = _write(_Half(decoder or encoder, parts[1], _image), latent, second)
            mean, logvar = codes.differences[0], codes.differences[-1]
            parity = Parity(mean=mean, logvar=logvar, image=image.differences[0], images=len(images))
        request = ImportRequest(
            first,
            second,
            name or folder.name,
            model_id=folder.name,
            dataset=ImportDataset.open(dataset, dataset_settings or {}) if dataset else None,
            pixels=pixels,
            replace=replace,
            parity=parity,
        )
        import_model(request, folder.parent)
    return folder

"""Working out what a foreign encoder and decoder mean, and writing them in our form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto

from backend.models.graphs import MEAN, SPREAD, Wrapped, dimensions, only_input
from backend.models.trial import TRIES, run
from models_zoo.errors import InvalidInput

Array = NDArray[Any]
NOISELESS_LOGVAR = -13.8
"""Log-variance of an encoder that has none: a standard deviation of .001."""
PASSING = ("Reshape", "Transpose", "Identity", "Flatten", "Squeeze", "Unsqueeze", "Cast")
KINDS = ("auto", "unit", "logits", "symmetric")


@dataclass(frozen=True)
class Layout:
    """How a foreign graph lays out an image: ``nchw``, ``nhwc``, ``nhw`` or ``flat`` (channels first)."""

    order: str
    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels


def guess_layout(sizes: list[int | None], known: tuple[int, int, int] | None) -> Layout | None:
    """Layout of a tensor of these sizes (batch first); None if they leave it open.

    Parameters
    ----------
    sizes : list of int or None
    known : tuple of int, optional
        Height, width, channels if something else says them.
    """
    rest = sizes[1:]
    found: tuple[int | None, int | None, int | None]
    if len(rest) == 3:
        a, b, c = rest
        if c in (1, 3) and a not in (1, 3):
            order, found = "nhwc", (a, b, c)
        else:
            order, found = "nchw", (b, c, a)
    elif len(rest) == 2:
        order, found = "nhw", (rest[0], rest[1], 1)
    elif len(rest) == 1:
        order, found = "flat", _unflatten(rest[0])
    else:
        return None
    merged = [size if size is not None else (known[place] if known else None) for place, size in enumerate(found)]
    if known is not None and order == "flat" and rest[0] in (None, int(np.prod(known))):
        merged = list(known)
    if any(size is None for size in merged):
        return None
    height, width, channels = (int(size or 0) for size in merged)
    return Layout(order, height, width, channels)


def _unflatten(pixels: int | None) -> tuple[int | None, int | None, int | None]:
    for channels in (1, 3):
        side = round(((pixels or 0) / channels) ** 0.5)
        if pixels and side * side * channels == pixels:
            return side, side, channels
    return None, None, None


def image_input(model: ModelProto, layout: Layout, *, symmetric: bool) -> tuple[Wrapped, str]:
    """Wrapped encoder whose input ``image`` is ours, and a note on what was done."""
    value = only_input(model, "encoder")
    wrapped = Wrapped(model)
    current = "image"
    if symmetric:
        doubled = wrapped.before("Mul", current, wrapped.constant(2.0))
        current = wrapped.before("Sub", doubled, wrapped.constant(1.0))
    if layout.order == "nhwc":
        current = wrapped.before("Transpose", current, perm=[0, 2, 3, 1])
    elif layout.order == "nhw":
        shape = wrapped.constant([-1, layout.height, layout.width], np.int64)
        current = wrapped.before("Reshape", current, shape)
    elif layout.order == "flat":
        shape = wrapped.constant([-1, layout.height * layout.width * layout.channels], np.int64)
        current = wrapped.before("Reshape", current, shape)
    kind = value.type.tensor_type.elem_type
    cast = ("Identity", {}) if kind == TensorProto.FLOAT else ("Cast", {"to": kind})
    wrapped.before(cast[0], current, output=wrapped.name(value.name), **cast[1])
    return wrapped, f"encoder input {value.name!r} taken as {layout.order} image"


def pick_outputs(widths: dict[str, int], latents: int) -> tuple[str, str | None]:
    """Names of the mean and of the spread among outputs of these widths; None where there is no spread.

    The two are the same name where one output holds both halves.

    Raises
    ------
    InvalidInput
        If no output fits.
    """
    fitting = [name for name, width in widths.items() if width == latents]
    double = [name for name, width in widths.items() if width == 2 * latents]
    if not fitting and len(double) == 1:
        return double[0], double[0]
    spreads = [name for name in fitting if SPREAD.search(name) and not MEAN.search(name)]
    means = [name for name in fitting if MEAN.search(name) and name not in spreads]
    if means:
        return means[0], spreads[0] if spreads else next((name for name in fitting if name != means[0]), None)
    plain = [name for name in fitting if name not in spreads]
    if plain:
        return plain[0], spreads[0] if spreads else (plain[1] if len(plain) > 1 else None)
    shown = ", ".join(f"{name} ({width})" for name, width in widths.items())
    raise InvalidInput(f"no output of the encoder has {latents} or {2 * latents} numbers an image; there are: {shown}")


def spread_to_logvar(wrapped: Wrapped, current: str, name: str) -> tuple[str, str]:
    """Log-variance from an output whose name says what it is, and a note."""
    low = name.lower().replace("_", "")
    if "logstd" in low or "logsigma" in low or "logscale" in low:
        if "sigma2" in low or "sigmasq" in low:
            return current, "log-variance"
        return wrapped.after("Mul", current, wrapped.constant(2.0)), "log standard deviation"
    if "log" in low or not SPREAD.search(name):
        return current, "log-variance"
    floor = wrapped.after("Max", current, wrapped.constant(1e-6))
    logarithm = wrapped.after("Log", floor)
    if "var" in low:
        return logarithm, "variance"
    return wrapped.after("Mul", logarithm, wrapped.constant(2.0)), "standard deviation"


def adapt_encoder(
    read: Callable[[], ModelProto], layout: Layout, latents: int, *, symmetric: bool
) -> tuple[bytes, list[str]]:
    """Our encoder graph of a foreign one, and notes on what was taken for what.

    Raises
    ------
    InvalidInput
        If its outputs cannot be understood.
    """
    shape = ["batch", layout.channels, layout.height, layout.width]
    trial, _ = image_input(read(), layout, symmetric=symmetric)
    names = {trial.name(value.name): value.name for value in read().graph.output}
    rng = np.random.default_rng(0)
    image = rng.random((TRIES, *shape[1:]), dtype=np.float32)  # type: ignore[arg-type]
    made = run(trial.build({"image": shape}, dict.fromkeys(names)), {"image": image}, "encoder")
    widths = {names[name]: array.size // TRIES for name, array in made.items() if array.shape[:1] == (TRIES,)}
    pixels = layout.height * layout.width * layout.channels
    if pixels in widths.values() and not {latents, 2 * latents} & set(widths.values()):
        raise InvalidInput(
            f"the encoder gives images of {pixels} numbers and no codes of {latents}: it is a whole autoencoder; "
            "needed is its first half alone, from image to mean and log-variance: export that"
        )
    mean, spread = pick_outputs(widths, latents)
    wrapped, note = image_input(read(), layout, symmetric=symmetric)
    notes = [note]

    def tidy(name: str, width: int) -> str:
        flat = wrapped.after("Reshape", wrapped.name(name), wrapped.constant([-1, width], np.int64))
        return wrapped.after("Cast", flat, to=TensorProto.FLOAT)

    if spread == mean:
        both = tidy(mean, 2 * latents)
        first = wrapped.after("Gather", both, wrapped.constant(range(latents), np.int64), axis=1)
        logvar = wrapped.after("Gather", both, wrapped.constant(range(latents, 2 * latents), np.int64), axis=1)
        notes.append(f"output {mean!r}: first half mean, second half log-variance")
    else:
        first = tidy(mean, latents)
        notes.append(f"output {mean!r} is the mean")
        if spread is None:
            zero = wrapped.after("Mul", first, wrapped.constant(0.0))
            logvar = wrapped.after("Add", zero, wrapped.constant(NOISELESS_LOGVAR))
            notes.append("no output for the spread: taken as noiseless")
        else:
            logvar, kind = spread_to_logvar(wrapped, tidy(spread, latents), spread)
            notes.append(f"output {spread!r} is the {kind}")
    wrapped.after("Identity", first, output="mean")
    wrapped.after("Identity", logvar, output="logvar")
    pair = ["batch", latents]
    return wrapped.build({"image": shape}, {"mean": pair, "logvar": pair}), notes


def latent_input(model: ModelProto, latents: int) -> Wrapped:
    """Wrapped decoder whose input ``latent`` (batch, latents) is ours."""
    value = only_input(model, "decoder")
    rank = max(2, len(dimensions(value)))
    wrapped = Wrapped(model)
    current = "latent"
    if rank > 2:
        current = wrapped.before("Reshape", current, wrapped.constant([-1, latents, *[1] * (rank - 2)], np.int64))
    kind = value.type.tensor_type.elem_type
    cast = ("Identity", {}) if kind == TensorProto.FLOAT else ("Cast", {"to": kind})
    wrapped.before(cast[0], current, output=wrapped.name(value.name), **cast[1])
    return wrapped


def last_operator(model: ModelProto, output: str) -> str:
    """Operator that makes an output, looking through those that only move numbers."""
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(output)
    while node is not None and node.op_type in PASSING and node.input:
        node = makers.get(node.input[0])
    return node.op_type if node is not None else ""


def pixel_kind(model: ModelProto, output: str, images: Array, wanted: str) -> str:
    """Meaning of the decoder's output: ``unit`` [0, 1], ``symmetric`` [-1, 1] or ``logits``."""
    if wanted != "auto":
        return wanted
    operator = last_operator(model, output)
    if operator in ("Sigmoid", "HardSigmoid"):
        return "unit"
    if operator == "Tanh":
        return "symmetric"
    return "unit" if images.min() >= 0 and images.max() <= 1 else "logits"


def count_latents(decoder: ModelProto) -> int | None:
    """Number of latents that the decoder's input states.

    Raises
    ------
    InvalidInput
        If it takes no latents, but images.
    """
    value = only_input(decoder, "decoder")
    sizes = dimensions(value)
    if len(sizes) < 2:
        raise InvalidInput(
            f"the input {value.name} of the decoder has {len(sizes)} axes; allowed are 2 (batch, latents), or (batch, "
            "latents, 1, 1): export it with a batch axis"
        )
    if len(sizes) > 2 and any(size != 1 for size in sizes[2:]):
        shown = ", ".join("?" if size is None else str(size) for size in sizes)
        raise InvalidInput(
            f"the decoder takes an input of shape ({shown}), which is an image and no latent; needed are two graphs, "
            "an encoder from image to mean and log-variance and a decoder from latent to image: export the halves of "
            "the autoencoder separately"
        )
    return sizes[1]


def adapt_decoder(
    read: Callable[[], ModelProto], latents: int, known: tuple[int, int, int] | None, wanted: str
) -> tuple[bytes, Layout, str, list[str]]:
    """Our decoder graph of a foreign one, the layout of its images, their kind, and notes.

    Raises
    ------
    InvalidInput
        If its output is no image.
    """
    model = read()
    output = model.graph.output[0].name
    trial = latent_input(read(), latents)
    points = np.random.default_rng(0).standard_normal((TRIES, latents)).astype(np.float32)
    made = run(trial.build({"latent": ["batch", latents]}, {trial.name(output): None}), {"latent": points}, "decoder")
    images = made[trial.name(output)]
    layout = guess_layout(list(images.shape), known)
    if images.shape[:1] != (TRIES,) or layout is None or layout.channels not in (1, 3):
        raise InvalidInput(
            f"the decoder's output {output!r} has shape {images.shape} for {TRIES} latents; allowed are images of "
            "1 or 3 channels, in either order or flattened: name the data set, or --image-shape H,W,C"
        )
    kind = pixel_kind(model, output, images, wanted)
    wrapped = latent_input(read(), latents)
    current = wrapped.after("Cast", wrapped.name(output), to=TensorProto.FLOAT)
    if kind == "logits":
        current = wrapped.after("Sigmoid", current)
    elif kind == "symmetric":
        half = wrapped.after("Mul", current, wrapped.constant(0.5))
        current = wrapped.after("Add", half, wrapped.constant(0.5))
    target = wrapped.constant([-1, layout.channels, layout.height, layout.width], np.int64)
    if layout.order == "nhwc":
        wrapped.after("Transpose", current, perm=[0, 3, 1, 2], output="image")
    else:
        wrapped.after("Reshape", current, target, output="image")
    shape = ["batch", layout.channels, layout.height, layout.width]
    graph = wrapped.build({"latent": ["batch", latents]}, {"image": shape})
    return graph, layout, kind, [f"decoder output {output!r} taken as {layout.order} image of {kind} pixels"]

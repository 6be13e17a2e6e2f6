"""Conversion of an external encoder and decoder to Axiscope's format."""

import re
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto, TensorProto

from backend.models.graphs import PREFIX, TRIAL_ROWS, Array, WrappedGraph, dimensions, only_input
from models_zoo.errors import InvalidInput
from models_zoo.manifest import NOISELESS_LOGVAR

SPREAD = re.compile(r"log_?var|logvar|log_?sigma|log_?std|log_?scale|sigma|std|scale|var", re.IGNORECASE)
MEAN = re.compile(r"mean|mu\b|mu_|_mu|loc|^mu", re.IGNORECASE)
RESHAPING = ("Reshape", "Transpose", "Identity", "Flatten", "Squeeze", "Unsqueeze", "Cast")
"""Operators that do not change the values of a tensor."""


@dataclass(frozen=True)
class Layout:
    """Layout of the images of an external graph: ``nchw``, ``nhwc``, ``nhw`` or ``flat`` (channels first)."""

    order: str
    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return height, width, channels."""
        return self.height, self.width, self.channels


def guess_layout(sizes: list[int | None], known: tuple[int, int, int] | None) -> Layout | None:
    """Return the layout of a tensor of these sizes (batch first); None if they leave it open.

    Parameters
    ----------
    sizes : list of int or None
    known : tuple of int, optional
        Height, width, channels if they are known from elsewhere.
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


def image_input(model: ModelProto, layout: Layout, *, symmetric: bool) -> tuple[WrappedGraph, str]:
    """Return an encoder with Axiscope's input ``image`` in front, and a note; ``layout`` is that of its own input."""
    value = only_input(model, "encoder")
    wrapped = WrappedGraph(model)
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
    wrapped.feed(current, value)
    return wrapped, f"encoder input {value.name!r} taken as {layout.order} image"


def pick_outputs(widths: dict[str, int], latents: int) -> tuple[str, str | None]:
    """Return the names of the outputs for mean and spread; None where there is no spread.

    Parameters
    ----------
    widths : dict
        Numbers per image of each output.
    latents : int

    Returns
    -------
    mean, spread : str, str or None
        The same name twice if one output holds mean and spread.

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
    raise InvalidInput(
        f"got an encoder whose outputs have {shown} numbers an image; allowed: {latents} or {2 * latents}; export an "
        "encoder that gives mean and log-variance"
    )


def spread_to_logvar(wrapped: WrappedGraph, current: str, name: str) -> tuple[str, str]:
    """Convert an output to log-variance, and return it with the kind that its name implies."""
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


def adapt_encoder(model: ModelProto, layout: Layout, latents: int, *, symmetric: bool) -> tuple[bytes, list[str]]:
    """Convert an encoder to ``image -> mean, logvar``, and return it with notes on its input and outputs.

    Raises
    ------
    InvalidInput
        If its outputs cannot be interpreted.
    """
    wrapped, note = image_input(model, layout, symmetric=symmetric)
    notes = [note]
    shape = (layout.channels, layout.height, layout.width)
    images = np.random.default_rng(0).random((TRIAL_ROWS, *shape), dtype=np.float32)
    made = wrapped.run("image", images, [value.name for value in model.graph.output], "encoder")
    widths = {name: array.size // TRIAL_ROWS for name, array in made.items() if array.shape[:1] == (TRIAL_ROWS,)}
    pixels = layout.height * layout.width * layout.channels
    if pixels in widths.values() and not {latents, 2 * latents} & set(widths.values()):
        raise InvalidInput(
            f"got an encoder that gives images of {pixels} numbers and no codes of {latents}: it is a whole "
            "autoencoder; allowed: its first half alone, from image to mean and log-variance; export that"
        )
    mean, spread = pick_outputs(widths, latents)

    def rows_of(output: str, width: int) -> str:
        flat = wrapped.after("Reshape", PREFIX + output, wrapped.constant([-1, width], np.int64))
        return wrapped.after("Cast", flat, to=TensorProto.FLOAT)

    if spread == mean:
        both = rows_of(mean, 2 * latents)
        first = wrapped.after("Gather", both, wrapped.constant(range(latents), np.int64), axis=1)
        logvar = wrapped.after("Gather", both, wrapped.constant(range(latents, 2 * latents), np.int64), axis=1)
        notes.append(f"output {mean!r}: first half mean, second half log-variance")
    else:
        first = rows_of(mean, latents)
        notes.append(f"output {mean!r} is the mean")
        if spread is None:
            zero = wrapped.after("Mul", first, wrapped.constant(0.0))
            logvar = wrapped.after("Add", zero, wrapped.constant(NOISELESS_LOGVAR))
            notes.append("no output for the spread: taken as noiseless")
        else:
            logvar, kind = spread_to_logvar(wrapped, rows_of(spread, latents), spread)
            notes.append(f"output {spread!r} is the {kind}")
    wrapped.after("Identity", first, output="mean")
    wrapped.after("Identity", logvar, output="logvar")
    codes = ("batch", latents)
    return wrapped.build({"image": ("batch", *shape)}, {"mean": codes, "logvar": codes}), notes


def latent_input(model: ModelProto, latents: int) -> WrappedGraph:
    """Return a decoder with Axiscope's input ``latent`` (batch, latents) in front."""
    value = only_input(model, "decoder")
    rank = max(2, len(dimensions(value)))
    wrapped = WrappedGraph(model)
    current = "latent"
    if rank > 2:
        current = wrapped.before("Reshape", current, wrapped.constant([-1, latents, *[1] * (rank - 2)], np.int64))
    wrapped.feed(current, value)
    return wrapped


def last_operator(model: ModelProto, output: str) -> str:
    """Return the operator that computes an output, behind those that only change its shape."""
    makers = {name: node for node in model.graph.node for name in node.output}
    node = makers.get(output)
    while node is not None and node.op_type in RESHAPING and node.input:
        node = makers.get(node.input[0])
    return node.op_type if node is not None else ""


def pixel_kind(model: ModelProto, output: str, images: Array, requested: str) -> str:
    """Return the meaning of the decoder's output: ``unit`` [0, 1], ``symmetric`` [-1, 1] or ``logits``."""
    if requested != "auto":
        return requested
    operator = last_operator(model, output)
    if operator in ("Sigmoid", "HardSigmoid"):
        return "unit"
    if operator == "Tanh":
        return "symmetric"
    return "unit" if images.min() >= 0 and images.max() <= 1 else "logits"


def count_latents(decoder: ModelProto) -> int | None:
    """Return the number of latents that the decoder's input states; None if it states none.

    Raises
    ------
    InvalidInput
        If it takes images instead of latents.
    """
    value = only_input(decoder, "decoder")
    sizes = dimensions(value)
    if len(sizes) < 2:
        raise InvalidInput(
            f"got the input {value.name} of the decoder with {len(sizes)} axes; allowed: 2 (batch, latents), or "
            "(batch, latents, 1, 1); export it with a batch axis"
        )
    if len(sizes) > 2 and any(size != 1 for size in sizes[2:]):
        shown = ", ".join("?" if size is None else str(size) for size in sizes)
        raise InvalidInput(
            f"got a decoder with an input of shape ({shown}), which is an image and not a latent; allowed: two "
            "graphs, an encoder from image to mean and log-variance and a decoder from latent to image; export the "
            "halves of the autoencoder separately"
        )
    return sizes[1]


def adapt_decoder(
    model: ModelProto, latents: int, known: tuple[int, int, int] | None, pixels: str
) -> tuple[bytes, Layout, str, list[str]]:
    """Convert a decoder to ``latent -> image``.

    Parameters
    ----------
    known : tuple of int, optional
        Height, width, channels if they are known from elsewhere.
    pixels : {"auto", "unit", "logits", "symmetric"}

    Returns
    -------
    graph, layout, kind, notes
        Layout and kind of the images: ``unit``, ``logits`` or ``symmetric``.

    Raises
    ------
    InvalidInput
        If its output is not an image.
    """
    output = model.graph.output[0].name
    wrapped = latent_input(model, latents)
    points = np.random.default_rng(0).standard_normal((TRIAL_ROWS, latents)).astype(np.float32)
    images = wrapped.run("latent", points, [output], "decoder")[output]
    layout = guess_layout(list(images.shape), known)
    if images.shape[:1] != (TRIAL_ROWS,) or layout is None or layout.channels not in (1, 3):
        raise InvalidInput(
            f"got the output {output!r} of the decoder with shape {images.shape} for {TRIAL_ROWS} latents; allowed: "
            "images of 1 or 3 channels, in either order or flattened; name the data set, or use --image-shape H,W,C"
        )
    kind = pixel_kind(model, output, images, pixels)
    current = wrapped.after("Cast", PREFIX + output, to=TensorProto.FLOAT)
    if kind == "logits":
        current = wrapped.after("Sigmoid", current)
    elif kind == "symmetric":
        half = wrapped.after("Mul", current, wrapped.constant(0.5))
        current = wrapped.after("Add", half, wrapped.constant(0.5))
    shape = (layout.channels, layout.height, layout.width)
    if layout.order == "nhwc":
        wrapped.after("Transpose", current, perm=[0, 3, 1, 2], output="image")
    else:
        wrapped.after("Reshape", current, wrapped.constant([-1, *shape], np.int64), output="image")
    graph = wrapped.build({"latent": ("batch", latents)}, {"image": ("batch", *shape)})
    return graph, layout, kind, [f"decoder output {output!r} taken as {layout.order} image of {kind} pixels"]

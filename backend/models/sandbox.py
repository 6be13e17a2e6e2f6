"""Inspection of external graphs in a child process with limits on memory and time.

``python -m backend.models.sandbox`` reads a request as described in `backend.limited_process` and writes the two
converted graphs to a folder.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import numpy as np

from backend.limited_process import LimitedProcess, Limits, serve
from backend.models.time_limits import CLOCK_FACTOR, limited_run
from models_zoo.codec import Codec
from models_zoo.errors import AxiscopeError, InvalidInput
from models_zoo.json_types import JsonObject
from models_zoo.manifest import DECODER, ENCODER

MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS = 12
MAX_SIDE = 1024
MAX_LATENTS = 512
MIN_AXES, MAX_AXES = 2, 4


class InspectedGraphs(TypedDict):
    """Response of the child process."""

    latents: int
    image_shape: tuple[int, int, int]
    notes: list[str]


def inspect_graphs(request: JsonObject) -> JsonObject:
    """Convert both graphs to Axiscope's format, run them together, and describe them.

    Parameters
    ----------
    request : dict
        ``encoder``, ``decoder`` (paths; the same one twice is a whole autoencoder), ``out`` (path), ``pixels``,
        ``image_shape`` (or None), ``allow_loops``.

    Returns
    -------
    dict
        An `InspectedGraphs`.

    Raises
    ------
    InvalidInput
        If they do not fit together.
    """
    from backend.models import adapter  # noqa: PLC0415 - only the child process loads onnx
    from backend.models.graphs import dimensions, only_input, read_graph  # noqa: PLC0415
    from backend.models.one_graph import split  # noqa: PLC0415

    allow_loops = bool(request.get("allow_loops"))
    encoder = read_graph(Path(request["encoder"]), allow_loops=allow_loops)
    if request["encoder"] == request["decoder"]:
        encoder, decoder = split(encoder)
    else:
        decoder = read_graph(Path(request["decoder"]), allow_loops=allow_loops)
    folder = Path(request["out"])
    sizes = dimensions(only_input(encoder, "encoder"))
    if not MIN_AXES <= len(sizes) <= MAX_AXES:
        raise InvalidInput(
            f"got the input of the encoder with {len(sizes)} axes; allowed: 2 to 4 (a batch of images, flat or with "
            "or without channels); export it for batches of images"
        )
    given = tuple(request["image_shape"]) if request.get("image_shape") else None
    stated = adapter.guess_layout(sizes, given)
    latents = adapter.count_latents(decoder)
    if latents is None:
        raise InvalidInput(
            "got a decoder that does not state its number of latents; allowed: a fixed second dimension; export it "
            "with that"
        )
    known = stated.shape if stated else given
    graph, layout, kind, decoder_notes = adapter.adapt_decoder(decoder, latents, known, request["pixels"])
    stated = stated or adapter.guess_layout(sizes, layout.shape)
    if stated is None or stated.shape != layout.shape:
        shape = stated.shape if stated else "an unknown shape"
        raise InvalidInput(
            f"got an encoder of images of {shape} and a decoder of {layout.shape}; allowed: one shape; give two "
            "graphs that belong together"
        )
    if max(layout.shape) > MAX_SIDE or latents > MAX_LATENTS:
        raise InvalidInput(
            f"got images of {layout.shape} and {latents} latents; allowed: sides up to {MAX_SIDE}, up to {MAX_LATENTS} "
            "latents"
        )
    (folder / DECODER).write_bytes(graph)
    graph, encoder_notes = adapter.adapt_encoder(encoder, stated, latents, symmetric=kind == "symmetric")
    (folder / ENCODER).write_bytes(graph)
    check_together(Codec(folder, device="cpu"), layout.shape, latents)
    return {"latents": latents, "image_shape": layout.shape, "notes": [*encoder_notes, *decoder_notes]}


def check_together(codec: Codec, shape: tuple[int, int, int], latents: int) -> None:
    """Run the converted pair on a few images.

    Raises
    ------
    InvalidInput
        If shapes or ranges are wrong, or an image's code depends on the rest of the batch.
    """
    images = np.random.default_rng(1).random((4, *shape), dtype=np.float32)
    with limited_run("encoder") as options:
        mean, logvar = codec.encode(images, options)
    with limited_run("decoder") as options:
        decoded = codec.decode(mean, options)
    if mean.shape != (4, latents) or logvar.shape != (4, latents) or decoded.shape != (4, *shape):
        raise InvalidInput(
            f"got codes of shape {mean.shape} and images of shape {decoded.shape} for 4 images; allowed: "
            f"{(4, latents)} and {(4, *shape)}; export both for batches of any size"
        )
    if not all(np.isfinite(array).all() for array in (mean, logvar, decoded)):
        raise InvalidInput(
            "got numbers that are not finite for random images; allowed: finite numbers; see that no weight is NaN"
        )
    if decoded.min() < -1e-4 or decoded.max() > 1 + 1e-4:
        raise InvalidInput(
            "got decoded pixels outside [0, 1]; allowed: 0 to 1; use --pixels logits or --pixels symmetric"
        )
    alone = codec.encode(images[:1])[0]
    if np.abs(alone - mean[:1]).max() > 1e-2 * max(1.0, float(np.abs(mean).max())):
        raise InvalidInput(
            "got an encoder whose code of an image depends on chance or on its batch; allowed: one code for an "
            "image; export the encoder in evaluation mode"
        )


def inspect_in_sandbox(request: Mapping[str, object]) -> InspectedGraphs:
    """Run `inspect_graphs` in a child process with limits.

    Raises
    ------
    InvalidInput
        With the reason why the graphs are refused.
    """
    limits = Limits(MEMORY_BYTES, CPU_SECONDS, CLOCK_FACTOR * CPU_SECONDS)
    try:
        answer = LimitedProcess("backend.models.sandbox", limits, "the graphs").run(request)
    except AxiscopeError as error:
        raise InvalidInput(error.message) from None
    height, width, channels = answer["image_shape"]
    return {"latents": answer["latents"], "image_shape": (height, width, channels), "notes": answer["notes"]}


if __name__ == "__main__":
    serve(lambda request, _report: inspect_graphs(request))

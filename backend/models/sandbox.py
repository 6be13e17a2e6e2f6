"""Looks at imported graphs in a process of its own, with limits on memory and time.

``python -m backend.models.sandbox`` takes an order as `backend.limited_process` says and writes our two graphs
into a folder.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backend.limited_process import LimitedProcess, Limits, serve
from backend.models.stopwatch import CLOCK_FACTOR
from models_zoo.errors import AxiscopeError, InvalidInput
from models_zoo.manifest import DECODER, ENCODER

MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS = 12
WALL_SECONDS = CLOCK_FACTOR * CPU_SECONDS
LARGEST_SIDE = 1024
MOST_LATENTS = 512
FEWEST_AXES, MOST_AXES = 2, 4


def examine(order: Mapping[str, Any]) -> dict[str, Any]:
    """Adapt both graphs, run them together, and say what they are.

    Parameters
    ----------
    order : mapping
        ``encoder``, ``decoder``, ``out`` (paths), ``pixels``, ``image_shape`` (or None), ``allow_loops``.

    Raises
    ------
    InvalidInput
        If they do not fit together.
    """
    from backend.models import adapter  # noqa: PLC0415 - only the probe's process loads onnx
    from backend.models.graphs import dimensions, only_input, read_graph  # noqa: PLC0415
    from models_zoo.codec import Codec  # noqa: PLC0415

    paths = {name: Path(order[name]) for name in ("encoder", "decoder", "out")}

    def read(name: str) -> Any:
        return read_graph(paths[name], allow_loops=bool(order.get("allow_loops")))

    encoder, decoder = read("encoder"), read("decoder")
    axes = len(dimensions(only_input(encoder, "encoder")))
    if not FEWEST_AXES <= axes <= MOST_AXES:
        raise InvalidInput(
            f"the input of the encoder has {axes} axes; allowed are 2 to 4 (a batch of images, flat or with or without "
            "channels): export it for batches of images"
        )
    given = tuple(order["image_shape"]) if order.get("image_shape") else None
    stated = adapter.guess_layout(dimensions(only_input(encoder, "encoder")), given)
    latents = adapter.count_latents(decoder)
    if latents is None:
        raise InvalidInput("the decoder does not state its number of latents: export it with a fixed second dimension")
    known = stated.shape if stated else given
    graph, layout, kind, notes = adapter.adapt_decoder(
        lambda: read("decoder"),
        latents,
        known,
        order["pixels"],
    )
    stated = stated or adapter.guess_layout(dimensions(only_input(encoder, "encoder")), layout.shape)
    if stated is None or stated.shape != layout.shape:
        took = stated.shape if stated else "an unknown shape"
        raise InvalidInput(
            f"the encoder takes images of {took}, the decoder makes {layout.shape}: they do not belong together"
        )
    if max(layout.shape) > LARGEST_SIDE or latents > MOST_LATENTS:
        raise InvalidInput(
            f"images of {layout.shape} and {latents} latents; allowed are sides to {LARGEST_SIDE}, 512 latents"
        )
    (paths["out"] / DECODER).write_bytes(graph)
    graph, more = adapter.adapt_encoder(lambda: read("encoder"), stated, latents, symmetric=kind == "symmetric")
    (paths["out"] / ENCODER).write_bytes(graph)
    check_together(Codec(paths["out"], device="cpu"), layout.shape, latents)
    return {"latents": latents, "image_shape": list(layout.shape), "notes": [*more, *notes]}


def check_together(codec: Any, shape: tuple[int, int, int], latents: int) -> None:
    """Run the adapted pair on a few images.

    Raises
    ------
    InvalidInput
        If shapes or ranges are wrong, or an image's code depends on the rest of the batch.
    """
    from backend.models.trial import limited_run  # noqa: PLC0415 - as above

    images = np.random.default_rng(1).random((4, *shape), dtype=np.float32)
    with limited_run("encoder") as options:
        mean, logvar = codec.encode(images, options)
    with limited_run("decoder") as options:
        decoded = codec.decode(mean, options)
    if mean.shape != (4, latents) or logvar.shape != (4, latents) or decoded.shape != (4, *shape):
        raise InvalidInput(f"the pair gives codes of shape {mean.shape} and images of shape {decoded.shape}")
    if not all(np.isfinite(array).all() for array in (mean, logvar, decoded)):
        raise InvalidInput("the pair gives numbers that are not finite for random images")
    if decoded.min() < -1e-4 or decoded.max() > 1 + 1e-4:
        raise InvalidInput("decoded pixels leave [0, 1]: say --pixels logits or --pixels symmetric")
    alone = codec.encode(images[:1])[0]
    if np.abs(alone - mean[:1]).max() > 1e-2 * max(1.0, float(np.abs(mean).max())):
        raise InvalidInput("an image's code depends on chance or on its batch: export the encoder in evaluation mode")


def probe(order: Mapping[str, Any]) -> dict[str, Any]:
    """Run `examine` in a process with limits.

    Raises
    ------
    InvalidInput
        With the reason why the graphs are refused.
    """
    limits = Limits(MEMORY_BYTES, CPU_SECONDS, WALL_SECONDS)
    try:
        return LimitedProcess("backend.models.sandbox", limits, "the graphs").run(order)
    except AxiscopeError as error:
        raise InvalidInput(error.message) from None


def main() -> None:
    """Serve one order from stdin."""
    serve(lambda order, _report: examine(order))


if __name__ == "__main__":
    main()

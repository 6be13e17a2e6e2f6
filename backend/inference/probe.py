"""Looks at imported graphs in a process of its own, with limits on memory and time.

``python -m backend.inference.probe`` reads one JSON document on stdin, writes our two graphs into a
folder and one JSON document to stdout: ``{"ok": true, ...}`` or ``{"ok": false, "message": ...}``.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models_zoo.errors import AxiscopeError, InvalidInput
from models_zoo.manifest import DECODER, ENCODER

MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS = 60
WALL_SECONDS = 120
LARGEST_SIDE = 1024
MOST_LATENTS = 512


def examine(order: Mapping[str, Any]) -> dict[str, Any]:
    """Adapt both graphs, run them together, and say what they are.

    Parameters
    ----------
    order : mapping
        ``encoder``, ``decoder``, ``out`` (paths), ``pixels``, ``image_shape`` (or None).

    Raises
    ------
    InvalidInput
        If they do not fit together.
    """
    from backend.inference import adapting  # noqa: PLC0415 - only the probe's process loads onnx
    from backend.inference.graphs import dimensions, only_input, read_graph  # noqa: PLC0415
    from models_zoo.codec import Codec  # noqa: PLC0415

    paths = {name: Path(order[name]) for name in ("encoder", "decoder", "out")}
    encoder, decoder = (read_graph(paths[name]) for name in ("encoder", "decoder"))
    given = tuple(order["image_shape"]) if order.get("image_shape") else None
    stated = adapting.guess_layout(dimensions(only_input(encoder, "encoder")), given)
    latents = adapting.count_latents(decoder)
    if latents is None:
        raise InvalidInput("the decoder does not state its number of latents: export it with a fixed second dimension")
    known = stated.shape if stated else given
    graph, layout, kind, notes = adapting.adapt_decoder(
        lambda: read_graph(paths["decoder"]),
        latents,
        known,
        order["pixels"],
    )
    stated = stated or adapting.guess_layout(dimensions(only_input(encoder, "encoder")), layout.shape)
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
    graph, more = adapting.adapt_encoder(
        lambda: read_graph(paths["encoder"]), stated, latents, symmetric=kind == "symmetric"
    )
    (paths["out"] / ENCODER).write_bytes(graph)
    check_together(Codec(paths["out"], device="cpu"), layout.shape, latents)
    return {"ok": True, "latents": latents, "image_shape": list(layout.shape), "notes": [*more, *notes]}


def check_together(codec: Any, shape: tuple[int, int, int], latents: int) -> None:
    """Run the adapted pair on a few images.

    Raises
    ------
    InvalidInput
        If shapes or ranges are wrong, or an image's code depends on the rest of the batch.
    """
    images = np.random.default_rng(1).random((4, *shape), dtype=np.float32)
    mean, logvar = codec.encode(images)
    decoded = codec.decode(mean)
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
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "HOME", "LANG")}
    root = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "backend.inference.probe"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise InvalidInput(f"the graphs were not through after {WALL_SECONDS} s: they are refused") from None
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise InvalidInput(
            f"the process that ran the graphs was ended by {name}; limits are {CPU_SECONDS} s of CPU and "
            f"{MEMORY_BYTES // 1024**3} GiB"
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise InvalidInput(f"the process that ran the graphs ended with code {done.returncode}") from None
    if not answer["ok"]:
        raise InvalidInput(answer["message"])
    return answer


def main() -> None:
    """Serve one order from stdin."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = examine(json.load(sys.stdin))
    except AxiscopeError as error:
        answer = {"ok": False, "message": error.message}
    except MemoryError:
        answer = {"ok": False, "message": f"the graphs need more than {MEMORY_BYTES // 1024**3} GiB"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()

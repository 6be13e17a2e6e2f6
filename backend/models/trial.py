"""Trial runs of foreign graphs, with a deadline, and what their failures mean in one sentence each."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from backend.models.stopwatch import CLOCK_FACTOR, Stopwatch
from models_zoo.codec import MEMORY, runtime_message
from models_zoo.errors import InvalidInput

Array = NDArray[Any]
TRIES = 3
RUN_SECONDS = 5.0
"""CPU time; by the clock more, see `Stopwatch`."""
POLL_SECONDS = 0.05
IR_VERSION = re.compile(r"Unsupported model IR version: (\d+), max supported IR version: (\d+)")
OPSET = re.compile(r"Opset (\d+) is under development.*?till opset (\d+)")
OPERATOR = re.compile(r"(\S+?)(?:\(-?\d+\))? is not a registered function/op|No Op registered for (\S+)")
SHAPES = re.compile(r"invalid dimensions|[Dd]imension|[Ss]hape|Expected:")


@contextmanager
def limited_run(what: str) -> Iterator[onnxruntime.RunOptions]:
    """Give options for runs on this thread that end after `RUN_SECONDS`.

    Raises
    ------
    InvalidInput
        If they were ended.
    """
    options = onnxruntime.RunOptions()
    spent, done = Stopwatch(), threading.Event()

    def watch() -> None:
        while not (done.wait(POLL_SECONDS) or options.terminate):
            options.terminate = spent.passed(RUN_SECONDS)

    threading.Thread(target=watch, daemon=True, name="axiscope-trial").start()
    try:
        yield options
    except Exception:
        if options.terminate:
            raise InvalidInput(
                f"the {what} did not end within {RUN_SECONDS:g} s of CPU time for {TRIES} inputs, or "
                f"{CLOCK_FACTOR * RUN_SECONDS:g} s by the clock: graphs that end sooner are allowed; look for an "
                "endless loop, or export a smaller model"
            ) from None
        raise
    finally:
        done.set()


def explain(error: Exception, what: str) -> str:
    """Sentence for a person: what came, what is allowed, what to do."""
    text = " ".join(str(error).split())
    if found := IR_VERSION.search(text):
        return (
            f"the {what} has ONNX IR version {found[1]}; up to {found[2]} is read here: export it with an older onnx "
            f"package, or save it with model.ir_version = {found[2]}"
        )
    if found := OPSET.search(text):
        return f"the {what} has opset {found[1]}; up to {found[2]} is run here: export it with opset_version={found[2]}"
    if found := OPERATOR.search(text):
        operator = (found[1] or found[2]).split(":")[-1]
        return (
            f"the {what} uses the operator {operator}, which is not known here; allowed are the standard operators of "
            "ONNX: export it with those"
        )
    message = runtime_message(error)
    if isinstance(error, MemoryError) or MEMORY.search(text):
        return (
            f"the {what} needs more memory for {TRIES} inputs than an import may take (6 GiB): {message}; look for a "
            "constant shape that is too large, or export a smaller model"
        )
    hint = "export it with a dynamic batch size" if SHAPES.search(text) else "see that it runs in ONNX Runtime alone"
    return f"the {what} cannot be run on a batch of {TRIES}: {message}: {hint}"


def run(graph: bytes, feed: dict[str, Array], what: str) -> dict[str, Array]:
    """Outputs of a graph by name.

    Raises
    ------
    InvalidInput
        If it cannot be loaded, or not be run in time; its outputs are not tensors, or not finite.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    with limited_run(what) as limits:
        try:
            session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
            names = [value.name for value in session.get_outputs()]
            made = dict(zip(names, session.run(names, feed, limits), strict=True))
        except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types
            raise InvalidInput(explain(error, what)) from None
    for name, array in made.items():
        if not isinstance(array, np.ndarray):
            raise InvalidInput(f"the output {name!r} of the {what} is no tensor: export it with tensors as outputs")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InvalidInput(
                f"the {what} gives NaN or infinite numbers for usual random inputs; only finite ones "
                "are allowed: look for a division by 0, a logarithm or an overflow in it, or for weights that are NaN"
            )
    return made

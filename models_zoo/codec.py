"""Encoder and decoder of a model, run by ONNX Runtime."""

import contextlib
import io
import logging
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile, InvalidInput, OutOfMemory, Unavailable
from models_zoo.manifest import DECODER, ENCODER

log = logging.getLogger("axiscope.models")
Floats = NDArray[np.float32]
CUDA = "CUDAExecutionProvider"
CUDA_OPTIONS = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
"""Products in float32, so that scores are those of the CPU (TF32 keeps 10 bits of a factor), and no search for the
fastest convolution at the first batch of each size, which took 50 to 85 ms on an H200."""
SHARED_ARENA = {
    "session.use_env_allocators": "1",
    "session.use_device_allocator_for_initializers": "1",
}
"""Session settings by which runs, but not weights, allocate memory in the arena of the process."""
IDENTITY = bytes.fromhex(
    "080812003a390a100a017812017922084964656e746974791201675a100a0178120b0a09080112050a0312016e62100a0179120b0a09080112050a0312016e42040a001011"
)
"""ONNX graph y = x of a float vector, as bytes, because the onnx package is not loaded here."""
PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
PLACE = re.compile(r"/onnxruntime_src/\S+?:\d+ (?:[^()]*\([^()]*\)(?: const)? )?")
MEMORY = re.compile(r"bad_alloc|smaller than requested bytes|Failed to allocate memory|bad allocation")
MAX_MESSAGE_CHARACTERS = 360


def runtime_message(error: BaseException) -> str:
    """Return the message of ONNX Runtime without locations in its source; of a long text the beginning and the end."""
    text = PLACE.sub("", PREFIX.sub("", " ".join(str(error).split()))) or type(error).__name__
    if len(text) <= MAX_MESSAGE_CHARACTERS:
        return text
    return f"{text[: MAX_MESSAGE_CHARACTERS // 3]} ... {text[-MAX_MESSAGE_CHARACTERS * 2 // 3 :]}"


@cache
def _load_cuda_libraries() -> None:
    """Load the CUDA libraries that were installed as Python packages, with torch for instance, once a process.

    Without it ONNX Runtime finds them only where torch is imported, or in folders of the system.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        onnxruntime.preload_dlls()
    if said.getvalue():
        log.info("CUDA libraries not loaded: %s", " ".join(said.getvalue().split()))


def providers(device: str = "auto") -> list[str | tuple[str, dict[str, str]]]:
    """Return the execution providers to use: CUDA first where the installed wheel has it and GPUs are not hidden."""
    hidden = device == "auto" and os.environ.get("CUDA_VISIBLE_DEVICES") == ""  # as in jobs without a GPU
    if device == "cpu" or hidden or CUDA not in onnxruntime.get_available_providers():
        return ["CPUExecutionProvider"]
    _load_cuda_libraries()
    return [(CUDA, CUDA_OPTIONS), "CPUExecutionProvider"]


def cuda_problem() -> str | None:
    """Return why ONNX Runtime cannot run a graph on a GPU; None where it can."""
    try:
        session = onnxruntime.InferenceSession(IDENTITY, providers=providers("cuda"), enable_fallback=0)
        session.run(["y"], {"x": np.zeros(1, np.float32)})
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types
        return runtime_message(error)
    used = session.get_providers()[0]
    return None if used == CUDA else f"it runs a graph by {used}"


def check_provider(session: onnxruntime.InferenceSession, device: str) -> None:
    """Check that a session runs where it was asked to: ONNX Runtime falls back to the CPU without an error.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    device : {"auto", "cpu", "cuda"}
        With ``auto`` a fallback is logged.

    Raises
    ------
    Unavailable
        If ``device`` is ``cuda`` and the session runs on the CPU.
    """
    used = session.get_providers()
    if device == "cpu" or used[0] == CUDA:
        return
    if device == "cuda":
        raise Unavailable(
            f"device: got cuda, but ONNX Runtime runs the model by {used[0]}; allowed here: cpu; install the extra gpu "
            "and the CUDA libraries that it needs (axiscope doctor names what is missing), or choose the CPU"
        )
    if CUDA in onnxruntime.get_available_providers():
        log.warning("CUDA provider not usable, model runs on the CPU provider=%s", used[0])


def _session(path: Path, options: onnxruntime.SessionOptions, device: str) -> onnxruntime.InferenceSession:
    """Make a session, on the CPU where CUDA fails; ONNX Runtime's own fallback prints, and changes open sessions."""
    chosen = providers(device)
    if len(chosen) > 1:
        try:
            return onnxruntime.InferenceSession(path, options, providers=chosen, enable_fallback=0)
        except Exception as error:  # noqa: BLE001 - a bad file too is left to the attempt on the CPU
            log.info("CUDA provider failed error=%s", runtime_message(error))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def open_session(
    path: Path, *, threads: int = 1, device: str = "auto", settings: Mapping[str, str] | None = None
) -> onnxruntime.InferenceSession:
    """Load one graph.

    Parameters
    ----------
    path : Path
    threads : int
    device : {"auto", "cpu", "cuda"}
    settings : mapping, optional
        More session settings by their name in ONNX Runtime, e.g. `SHARED_ARENA`.

    Raises
    ------
    DamagedFile
        If ONNX Runtime cannot read it.
    Unavailable
        If it cannot run on the GPU and ``device`` is ``cuda``.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    for name, value in (settings or {}).items():
        options.add_session_config_entry(name, value)
    try:
        session = _session(path, options, device)
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types for bad files
        raise DamagedFile(
            f"got {path.parent.name}/{path.name}, which cannot be loaded: {runtime_message(error)}; allowed: graphs "
            "that ONNX Runtime runs; export the model again"
        ) from None
    check_provider(session, device)
    return session


def run_session(
    session: onnxruntime.InferenceSession,
    outputs: Sequence[str],
    feed: Mapping[str, NDArray[np.generic]],
    options: onnxruntime.RunOptions | None = None,
) -> list[Floats]:
    """Run a graph once.

    Raises
    ------
    OutOfMemory
        If the arena of the process, or the machine, has too little memory.
    InvalidInput
        If ONNX Runtime cannot run it on this input, or ``options.terminate`` was set meanwhile.
    """
    try:
        return session.run(outputs, feed, options)  # type: ignore[no-any-return]
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types
        message = runtime_message(error)
        if isinstance(error, MemoryError) or MEMORY.search(message):
            raise OutOfMemory(
                f"got an input that needs more memory than a run may use: {message}; allowed: AXISCOPE_ARENA_BYTES; "
                "send another input, or raise that setting and restart the service"
            ) from None
        raise InvalidInput(
            f"got an input that the model cannot run on: {message}; allowed: finite numbers of the shapes that the "
            "model lists; send others"
        ) from None


class Codec:
    """Encoder and decoder of one model.

    Parameters
    ----------
    folder : Path
        Model folder with `encoder.onnx` and `decoder.onnx`.
    threads : int
        Threads of each session; more than one gains nothing for 64 x 64 images.
    device : {"auto", "cpu", "cuda"}
        Where to run; `provider` names the provider in use.
    settings : mapping, optional
        More session settings by their name in ONNX Runtime.
    """

    def __init__(
        self, folder: Path, *, threads: int = 1, device: str = "auto", settings: Mapping[str, str] | None = None
    ) -> None:
        self._encoder, self._decoder = (
            open_session(folder / name, threads=threads, device=device, settings=settings)
            for name in (ENCODER, DECODER)
        )
        self.provider: str = self._decoder.get_providers()[0]
        self.bytes = (folder / ENCODER).stat().st_size + (folder / DECODER).stat().st_size

    def encode(
        self, images: NDArray[np.uint8] | Floats, options: onnxruntime.RunOptions | None = None
    ) -> tuple[Floats, Floats]:
        """Return the posterior of each image.

        Parameters
        ----------
        images : array of shape (n, height, width, channels)
            ``uint8`` in [0, 255] or ``float32`` in [0, 1].
        options : onnxruntime.RunOptions, optional
            Options by which another thread can end the run.

        Returns
        -------
        mean, logvar : float32 arrays of shape (n, latents)

        Raises
        ------
        InvalidInput, OutOfMemory
            See `run_session`.
        """
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        if images.dtype == np.uint8:
            planes = planes / np.float32(255)
        mean, logvar = run_session(self._encoder, ["mean", "logvar"], {"image": planes}, options)
        return mean, logvar

    def decode(self, latents: Floats, options: onnxruntime.RunOptions | None = None) -> Floats:
        """Return the images of latent points.

        Parameters
        ----------
        latents : float32 array of shape (n, latents)
        options : onnxruntime.RunOptions, optional
            Options by which another thread can end the run.

        Returns
        -------
        float32 array of shape (n, height, width, channels)
            In [0, 1].

        Raises
        ------
        InvalidInput, OutOfMemory
            See `run_session`.
        """
        points = np.ascontiguousarray(latents, np.float32)
        (image,) = run_session(self._decoder, ["image"], {"latent": points}, options)
        return image.transpose(0, 2, 3, 1)

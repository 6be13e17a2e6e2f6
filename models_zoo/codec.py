"""The one place that runs ONNX: an encoder and a decoder session as one object."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models_zoo.errors import DamagedFile
from models_zoo.manifest import DECODER, ENCODER

Floats = NDArray[np.float32]


def providers(device: str = "auto") -> list[str]:
    """Execution providers to ask for: CUDA first where the installed wheel has it."""
    available = onnxruntime.get_available_providers()
    wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"] if device != "cpu" else ["CPUExecutionProvider"]
    return [name for name in wanted if name in available]


def open_session(path: Path, *, threads: int = 1, device: str = "auto") -> onnxruntime.InferenceSession:
    """Load one graph.

    Raises
    ------
    DamagedFile
        If ONNX Runtime cannot read it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=providers(device))
    except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types for bad files
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise DamagedFile(f"{path.parent.name}/{path.name} cannot be loaded: {first_line[:200]}") from None


class Codec:
    """Encoder and decoder of one model.

    Parameters
    ----------
    folder : Path
        Entry folder with `encoder.onnx` and `decoder.onnx`.
    threads : int
        Threads of each session; one, since batching and threading gain nothing for 64 x 64 images.
    device : {"auto", "cpu", "cuda"}
        Where to run; the provider really in use is in `provider`.
    """

    def __init__(self, folder: Path, *, threads: int = 1, device: str = "auto") -> None:
        self._encoder = open_session(folder / ENCODER, threads=threads, device=device)
        self._decoder = open_session(folder / DECODER, threads=threads, device=device)
        self.provider: str = self._decoder.get_providers()[0]
        self.bytes = (folder / ENCODER).stat().st_size + (folder / DECODER).stat().st_size

    def encode(self, images: NDArray[np.uint8] | Floats) -> tuple[Floats, Floats]:
        """Posterior of each image.

        Parameters
        ----------
        images : array of shape (n, height, width, channels)
            ``uint8`` in [0, 255] or ``float32`` in [0, 1].

        Returns
        -------
        mean, logvar : float32 arrays of shape (n, latents)
        """
        planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        if images.dtype == np.uint8:
            planes = planes / np.float32(255)
        mean, logvar = self._encoder.run(["mean", "logvar"], {"image": planes})
        return mean, logvar

    def decode(self, latents: Floats) -> Floats:
        """Images of latent points.

        Parameters
        ----------
        latents : float32 array of shape (n, latents)

        Returns
        -------
        float32 array of shape (n, height, width, channels)
            In [0, 1].
        """
        (image,) = self._decoder.run(["image"], {"latent": np.ascontiguousarray(latents, np.float32)})
        return image.transpose(0, 2, 3, 1)  # type: ignore[no-any-return]

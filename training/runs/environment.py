"""Device that a run computes on, and revision of the source that it runs."""

import functools
import subprocess
from pathlib import Path

import torch

from models_zoo.errors import InvalidInput


@functools.cache
def git_revision() -> str | None:
    """Return the commit of the source tree when it was first asked for, None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None


def pick_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    InvalidInput
        If ``name`` is ``cuda`` and torch finds no CUDA device.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device: got cuda, but torch finds no CUDA device; allowed: auto, cpu", field="/device")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def configure_gpu(*, tf32: bool) -> None:
    """Let matrix products and convolutions use TF32, or only full float32; take the fastest algorithm of each shape."""
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32  # not `fp32_precision`: torch.export reads this one, and refuses a mixture
    torch.backends.cudnn.benchmark = True

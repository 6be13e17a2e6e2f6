"""What a run computes on, and which source it was started from."""

import subprocess
from pathlib import Path

import torch

from models_zoo.errors import InvalidInput


def git_revision() -> str | None:
    """Commit of the source tree this runs from, None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None


def pick_device(name: str) -> torch.device:
    """Device for ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    InvalidInput
        If CUDA is asked for where torch finds none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("device cuda came, but torch finds no CUDA device here: use auto or cpu", field="/device")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")

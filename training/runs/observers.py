"""Event files for TensorBoard, on request: `tensorboard --logdir RUN`."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models_zoo.errors import Unavailable

FOLDER = "events"


class EventFile:
    """Writes every row of the history as scalars. An `Observer`.

    Parameters
    ----------
    folder : Path
        Run folder; the files go to `events/` in it.
    step : int
        Step the run goes on from: what an earlier try wrote after it is hidden.

    Raises
    ------
    Unavailable
        If TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            library = importlib.import_module("torch.utils.tensorboard")
        except ImportError:
            raise Unavailable(
                "event files need TensorBoard, which is not installed: pip install 'axiscope[tensorboard]', "
                "or train without --tensorboard and read history.jsonl"
            ) from None
        self._writer = library.SummaryWriter(str(folder / FOLDER), purge_step=step + 1)

    def on_row(self, row: Mapping[str, Any]) -> None:
        """Write the parts of the loss, KL per latent (nats per image), learned weights and gradient norms."""
        groups = {"loss": row["parts"], "kl": row["kl"], "learned": row["learned"], "gradient": row["gradients"]}
        for name, value in _flatten(groups):
            self._writer.add_scalar(name, value, row["step"])
        self._writer.flush()

    def on_checkpoint(self, step: int, path: Path) -> None:
        """Nothing to write."""

    def wants_stop(self) -> bool:
        """Never."""
        return False


def _flatten(values: Any, prefix: str = "") -> list[tuple[str, float]]:
    if isinstance(values, Mapping):
        named = values.items()
    elif isinstance(values, list):
        named = {f"z{index}": value for index, value in enumerate(values)}.items()
    else:
        return [(prefix, float(values))]
    return [pair for name, value in named for pair in _flatten(value, f"{prefix}/{name}" if prefix else str(name))]

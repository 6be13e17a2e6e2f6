"""Checkpoints: one safetensors file, written atomically, whose header holds the state that is no tensor as JSON."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models_zoo.errors import Conflict, DamagedFile, InvalidInput, NotFound
from models_zoo.files import write_atomic
from models_zoo.json_types import JsonObject

SCHEMA_VERSION = 1
FOLDER = "checkpoints"
MODEL, AVERAGE = "model/", "average/"
"""Prefixes of the trained weights, and of their moving average where the run has one."""
_NAME = re.compile(r"step-(\d{9})\.safetensors")


class NewerSchema(DamagedFile):
    """Raised when a checkpoint was written by a later version."""


@dataclass(frozen=True)
class Checkpoint:
    """State of a run from which it resumes bit for bit.

    Parameters
    ----------
    step : int
        Steps done.
    tensors : dict of str to Tensor
        ``model/...``, ``average/...``, ``objective/...``, ``optimizer/<index>/<slot>``, ``adversary_optimizer/...``,
        ``rng/...``.
    state : dict
        JSON object: resolved config, history window, CPU seconds, git revision.
    """

    step: int
    tensors: dict[str, Tensor]
    state: JsonObject


def path_of(folder: Path, step: int) -> Path:
    """Return the path of the checkpoint of ``step`` in run folder ``folder``."""
    return folder / FOLDER / f"step-{step:09d}.safetensors"


def best_path(folder: Path) -> Path:
    """Return the path of the best checkpoint by the run's ``keep_best``."""
    return folder / FOLDER / "best.safetensors"


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint``: temporary name, fsync, rename.

    Raises
    ------
    InvalidInput
        If a tensor is not finite; nothing is written then.
    OSError
        If the disk is full; earlier checkpoints stay as they are.
    """
    for name, tensor in checkpoint.tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise InvalidInput(
                f"got numbers in {name} that are not finite at step {checkpoint.step}: the run diverges; allowed: "
                "finite ones, so no checkpoint is written; lower the learning rate and train again"
            )
    state = {**checkpoint.state, "step": checkpoint.step, "schema_version": SCHEMA_VERSION}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    write_atomic(path, safetensors.torch.save(tensors, metadata={"state": json.dumps(state)}))


def load(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    NotFound
        If there is no such file.
    DamagedFile
        If it is truncated, no checkpoint, or of a newer schema.
    """
    if not path.is_file():
        raise NotFound(
            f"got checkpoint {path}, which does not exist; allowed: those of the run folder; name one of them"
        )
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedFile(
            f"got {path.name}, which is no whole checkpoint ({error}); allowed: a readable file; resume from an "
            "earlier one"
        ) from None
    if state["schema_version"] > SCHEMA_VERSION:
        raise NewerSchema(
            f"got {path.name} of schema {state['schema_version']}; allowed: up to {SCHEMA_VERSION}; update axiscope"
        )
    return Checkpoint(int(state["step"]), tensors, state)


def steps_in(folder: Path) -> list[int]:
    """Return the steps of the checkpoints of run folder ``folder``, ascending."""
    if not (folder / FOLDER).is_dir():
        return []
    matches = (_NAME.fullmatch(path.name) for path in (folder / FOLDER).iterdir())
    return sorted(int(match[1]) for match in matches if match)


def latest(folder: Path) -> Checkpoint | None:
    """Return the newest readable checkpoint of a run folder, None where there is none; damaged ones are skipped.

    Raises
    ------
    DamagedFile
        If all are damaged, or the newest was written by a later version: a new start would lose the run.
    """
    steps = steps_in(folder)
    for step in reversed(steps):
        try:
            return load(path_of(folder, step))
        except NewerSchema:
            raise
        except DamagedFile:
            if step == steps[0]:
                raise
    return None


def prune(folder: Path, keep: int = 2) -> None:
    """Delete all but the ``keep`` newest checkpoints."""
    for step in steps_in(folder)[:-keep]:
        path_of(folder, step).unlink(missing_ok=True)


def restore_module(prefix: str, module: torch.nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load the tensors named ``prefix...`` into ``module``.

    Raises
    ------
    Conflict
        If they do not fit: an earlier version built the module of other layers.
    """
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    try:
        module.load_state_dict(own)
    except RuntimeError:
        raise Conflict(
            f"got a checkpoint whose {prefix.rstrip('/')} has other layers than this version builds from its "
            "settings: an earlier version wrote it; allowed: the same layers; resume or export it with that version, "
            "or train again"
        ) from None


def resulting_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights that a checkpoint is exported with, named ``model/...``: their average where there is one."""
    prefix = AVERAGE if any(name.startswith(AVERAGE) for name in tensors) else MODEL
    return {MODEL + name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def optimizer_tensors(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the moments of an optimiser as named tensors."""
    state = optimizer.state_dict()["state"]
    return {f"{prefix}/{index}/{slot}": tensor for index, slots in state.items() for slot, tensor in slots.items()}


def restore_optimizer(prefix: str, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Restore the moments in the memory layout of their parameters, on which fused kernels rely."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, tensor in tensors.items():
        if not name.startswith(f"{prefix}/"):
            continue
        _, index, slot = name.split("/")
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and slot != "step":
            restored = torch.empty_like(parameter).copy_(tensor)
        else:
            restored = tensor.to(parameter.device, copy=True)
        optimizer.state[parameter][slot] = restored

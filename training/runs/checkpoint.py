"""Checkpoints: one safetensors file whose header also carries the JSON state. Written whole or not at all."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models_zoo.errors import Conflict, DamagedFile, InvalidInput, NotFound
from models_zoo.files import write_atomic

SCHEMA_VERSION = 1
FOLDER = "checkpoints"
_NAME = re.compile(r"step-(\d{9})\.safetensors")


class NewerSchema(DamagedFile):
    """Raised when a checkpoint was written by a later version than this one."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to go on as if nothing had happened.

    Parameters
    ----------
    step : int
        Steps done.
    tensors : dict of str to Tensor
        ``model/...``, ``objective/...``, ``optimizer/<index>/<slot>``, ``adversary_optimizer/...``, ``rng/...``.
    state : dict
        JSON: resolved config, history window, cost so far, git revision.
    """

    step: int
    tensors: dict[str, Tensor]
    state: dict[str, Any]


def path_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of ``step`` lies inside run folder ``folder``."""
    return folder / FOLDER / f"step-{step:09d}.safetensors"


def best_path(folder: Path) -> Path:
    """Where the checkpoint that the run's rule likes best lies."""
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
            raise InvalidInput(f"{name} is not finite at step {checkpoint.step}: not saved; lower the learning rate")
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
        If it is truncated, is no checkpoint, or has a newer schema.
    """
    if not path.is_file():
        raise NotFound(f"there is no checkpoint {path}")
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedFile(f"{path.name} is no whole checkpoint ({error}): resume from an earlier one") from None
    if state["schema_version"] > SCHEMA_VERSION:
        raise NewerSchema(
            f"{path.name} has schema {state['schema_version']}, this version reads up to {SCHEMA_VERSION}: "
            "update axiscope"
        )
    return Checkpoint(int(state["step"]), tensors, state)


def steps_in(folder: Path) -> list[int]:
    """Steps of the checkpoints of run folder ``folder``, ascending."""
    if not (folder / FOLDER).is_dir():
        return []
    matches = (_NAME.fullmatch(path.name) for path in (folder / FOLDER).iterdir())
    return sorted(int(match[1]) for match in matches if match)


def latest(folder: Path) -> Checkpoint | None:
    """Newest checkpoint of a run folder that can be read, None where there is none; a damaged one is passed over.

    Raises
    ------
    DamagedFile
        If none can be read, or the newest was written by a later version: beginning anew would lose the run.
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
    """Put the tensors named ``prefix...`` into ``module``.

    Raises
    ------
    Conflict
        If they do not fit: an earlier version made the module of other layers.
    """
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    try:
        module.load_state_dict(own)
    except RuntimeError:
        raise Conflict(
            f"the {prefix.rstrip('/')} of this checkpoint has other layers than this version makes for its settings: "
            "it was written by an earlier version; resume or export it with that version, or train anew"
        ) from None


def optimizer_tensors(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Flatten an optimiser's moments into named tensors."""
    state = optimizer.state_dict()["state"]
    return {f"{prefix}/{index}/{slot}": tensor for index, slots in state.items() for slot, tensor in slots.items()}


def restore_optimizer(prefix: str, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put the moments back, in the memory layout of their parameters (fused kernels rely on it)."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, tensor in tensors.items():
        if not name.startswith(f"{prefix}/"):
            continue
        _, index, slot = name.split("/")
        parameter = parameters[int(index)]
        if tensor.shape == parameter.shape and slot != "step":
            restored = torch.empty_like(parameter).copy_(tensor)
        else:
            restored = tensor.clone()
        optimizer.state[parameter][slot] = restored

"""Weights that a run starts from: read from a run, checkpoint or model, copied to the run folder, checked by digest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from models_zoo.catalog import read_zoo_model
from models_zoo.errors import Conflict, DamagedFile, NotFound
from models_zoo.manifest import DECODER, ENCODER, MANIFEST, START
from training.runs import checkpoint
from training.runs.run_config import RunConfig


def digest(weights: Mapping[str, Tensor]) -> str:
    """Return SHA-256 of names, types, shapes and bytes of tensors, equal for a checkpoint and its exported graphs."""
    sha256 = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        array = tensor.detach().cpu().contiguous().numpy()
        sha256.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha256.update(array.tobytes())
    return sha256.hexdigest()


def read_weights(source: Path) -> dict[str, Tensor]:
    """Read the weights of encoder and decoder.

    Parameters
    ----------
    source : Path
        Run folder (its newest checkpoint), checkpoint file, or model folder (its ONNX graphs).

    Returns
    -------
    dict of str to Tensor
        ``model/encoder...`` and ``model/decoder...``.

    Raises
    ------
    NotFound
        If ``source`` does not exist, or the run has no checkpoint yet.
    DamagedFile
        If the file cannot be read.
    """
    if (source / MANIFEST).is_file():
        return _from_graphs(source)
    if not source.exists():
        raise NotFound(
            f"start_from: got {source}, which does not exist; allowed: a run folder, a checkpoint or a model; copy it "
            "there, or set --start-from to other weights",
            field="/start_from",
        )
    saved = checkpoint.latest(source) if source.is_dir() else checkpoint.load(source)
    if saved is None:
        raise NotFound(
            f"start_from: got {source}, which has no checkpoint; allowed: runs with one; train it first",
            field="/start_from",
        )
    return checkpoint.resulting_weights(saved.tensors)


def _from_graphs(folder: Path) -> dict[str, Tensor]:
    if problem := read_zoo_model(folder.absolute()).problem:
        raise DamagedFile(problem)
    weights: dict[str, Tensor] = {}
    for name in (ENCODER, DECODER):
        part = name.removesuffix("onnx")
        weights |= {
            f"{checkpoint.MODEL}{each.name}": torch.from_numpy(numpy_helper.to_array(each).copy())
            for each in onnx.load(folder / name).graph.initializer
            if each.name.startswith(part)
        }
    return weights


def copy_start(config: RunConfig, out: Path, saved: checkpoint.Checkpoint | None) -> RunConfig:
    """Copy the weights that a run starts from into its folder, so that the folder alone repeats the run.

    Parameters
    ----------
    config : RunConfig
        ``start_from`` is a path, or `START` for the file that ``out`` holds already.
    out : Path
        Run folder.
    saved : Checkpoint or None
        Checkpoint that the run resumes from; the copy of its starting weights is never replaced.

    Returns
    -------
    RunConfig
        With ``start_from`` = `START` and the digest of its weights.

    Raises
    ------
    NotFound, DamagedFile
        If the weights are missing or cannot be read.
    Conflict
        If their digest is not ``start_from_sha256``.
    """
    if config.start_from is None:
        return config
    started = saved.state["config"] if saved is not None else {}
    if started.get("start_from") and not started.get("start_from_sha256"):  # started by a version that kept no copy
        return config.model_copy(update={"start_from": started["start_from"], "start_from_sha256": None})
    kept = out / START
    source = kept if config.start_from == START else Path(config.start_from)
    weights = read_weights(kept if saved is not None and kept.exists() and not source.exists() else source)
    found = digest(weights)
    if config.start_from_sha256 not in {None, found}:
        raise Conflict(
            f"{source} holds other weights than this run started from: got SHA-256 {found[:12]}...; allowed: "
            f"{str(config.start_from_sha256)[:12]}...; restore that file, or set --start-from to other weights",
            field="/start_from",
        )
    if saved is None and source != kept:
        checkpoint.save(kept, checkpoint.Checkpoint(0, weights, {}))
    return config.model_copy(update={"start_from": START, "start_from_sha256": found})

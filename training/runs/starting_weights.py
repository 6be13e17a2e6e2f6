"""Weights that a run begins with: read from a run, checkpoint or model, kept in the run folder, checked by digest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from models_zoo.catalog import read_entry
from models_zoo.errors import Conflict, DamagedFile, NotFound
from models_zoo.manifest import DECODER, ENCODER, MANIFEST, START
from training.runs import checkpoint
from training.runs.run_config import RunConfig

PREFIX = "model/"


def digest(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes of the tensors: the same from a checkpoint as from a graph."""
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
        If nothing is there, or the run has no checkpoint yet.
    DamagedFile
        If the file cannot be read.
    """
    if (source / MANIFEST).is_file():
        return _from_graphs(source)
    if not source.exists():
        raise NotFound(
            f"start_from names {source}, which is not there: bring it, or name other weights with --start-from",
            field="/start_from",
        )
    saved = checkpoint.latest(source) if source.is_dir() else checkpoint.load(source)
    if saved is None:
        raise NotFound(f"{source} has no checkpoint to start from: train it first", field="/start_from")
    return {name: tensor for name, tensor in saved.tensors.items() if name.startswith(PREFIX)}


def _from_graphs(folder: Path) -> dict[str, Tensor]:
    if problem := read_entry(folder.absolute()).problem:
        raise DamagedFile(problem)
    weights: dict[str, Tensor] = {}
    for name in (ENCODER, DECODER):
        part = name.removesuffix("onnx")
        weights |= {
            f"{PREFIX}{each.name}": torch.from_numpy(numpy_helper.to_array(each).copy())
            for each in onnx.load(folder / name).graph.initializer
            if each.name.startswith(part)
        }
    return weights


def keep_start(config: RunConfig, out: Path, saved: checkpoint.Checkpoint | None) -> RunConfig:
    """Copy the weights that a run begins with into its folder, so that it can be trained again from there.

    Parameters
    ----------
    config : RunConfig
        ``start_from`` is a path, or `START` for the file that ``out`` holds already.
    out : Path
        Run folder.
    saved : Checkpoint or None
        Where the run goes on from; what it began with is never replaced.

    Returns
    -------
    RunConfig
        With ``start_from`` = `START` and the digest of its weights.

    Raises
    ------
    NotFound, DamagedFile
        If the weights are not there or cannot be read.
    Conflict
        If they are not those of ``start_from_sha256``.
    """
    if config.start_from is None:
        return config
    began = saved.state["config"] if saved is not None else {}
    if began.get("start_from") and not began.get("start_from_sha256"):  # begun by a version that kept no copy
        return config.model_copy(update={"start_from": began["start_from"], "start_from_sha256": None})
    kept = out / START
    source = kept if config.start_from == START else Path(config.start_from)
    weights = read_weights(kept if saved is not None and kept.exists() and not source.exists() else source)
    found = digest(weights)
    if config.start_from_sha256 not in {None, found}:
        raise Conflict(
            f"{source} holds other weights than this run began with (got SHA-256 {found[:12]}..., allowed: "
            f"{str(config.start_from_sha256)[:12]}...): bring the file that belongs to it, or name others "
            "with --start-from",
            field="/start_from",
        )
    if saved is None and source != kept:
        checkpoint.save(kept, checkpoint.Checkpoint(0, weights, {}))
    return config.model_copy(update={"start_from": START, "start_from_sha256": found})

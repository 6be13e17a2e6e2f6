"""Evaluation of a model of the zoo on its data set, and the file that holds the results."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models_zoo.codec import Codec
from models_zoo.files import write_atomic
from models_zoo.manifest import EVALUATION, read_manifest, record_files, write_manifest
from training.data.dataset import Dataset
from training.evaluation.codes import Progress, encode_rows
from training.evaluation.images import ImageChoice, pool_of
from training.evaluation.score import EvaluationOptions
from training.evaluation.suite import Result, Settings, evaluate
from training.evaluation.table import Network, build_table

ROWS = 30_000
"""Images encoded for a score: the published train and test sizes twice over."""
SCHEMA_VERSION = 1


LoadNetwork = Callable[..., Network]
"""`training.evaluation.networks.loading.load_network`: takes kind and data set, loads a feature network.

Such a network needs PyTorch, which this module and its callers in the service do not load: the process that measures
passes the function.
"""


def evaluate_zoo_model(  # noqa: PLR0913 - all but three have defaults
    folder: Path,
    dataset: Dataset,
    metrics: Sequence[str] = (),
    *,
    networks: LoadNetwork,
    seed: int = 0,
    options: EvaluationOptions | None = None,
    settings: Settings | None = None,
    rows: int | None = ROWS,
    images: ImageChoice = "all",
    split: tuple[int, int] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    cache: Path | None = None,
) -> list[Result]:
    """Evaluate a model of the zoo on its data set.

    Parameters
    ----------
    folder : Path
        Model folder with `encoder.onnx` and `decoder.onnx`.
    dataset : Dataset
        The data set the model is of.
    metrics : sequence of str
        All there are when empty; those that do not apply come back with their reason.
    networks : callable
        `training.evaluation.networks.loading.load_network`, called by the metrics that compare images.
    seed : int
        Draws the rows, and everything random in the metrics.
    options : EvaluationOptions, optional
        Mode and threads.
    settings : mapping, optional
        Settings by metric.
    rows : int or None
        Images to encode, None for the whole data set; cached by content either way.
    images : {"all", "held_out", "training", "held_out_combinations"}
        Images to draw the rows from.
    split : tuple of int, optional
        Number of rows to fit on and to score on; those of `published_split` by default.
    progress : callable, optional
        Called ``("encoding", done, total)`` in images, then ``(metric, done, total)`` before each metric.
    cache : Path, optional
        Folder of the cache of codes, that of the home by default.
    """
    options = options or EvaluationOptions()
    encoded = encode_rows(
        folder,
        dataset,
        limit=rows,
        seed=seed,
        pool=pool_of(read_manifest(folder), dataset, images),
        threads=options.jobs,
        progress=_encoding(progress),
        cache=cache,
    )
    codec = Codec(folder, threads=options.jobs)
    order = np.random.default_rng([seed, 0]).permutation(len(encoded.indices))
    table = build_table(
        dataset,
        encoded.indices[order],
        encoded.mean[order],
        encoded.logvar[order],
        decode=lambda latents: codec.decode(latents.astype(np.float32)),
        encode=lambda images: codec.encode(images)[0].astype(np.float64),
        network=lambda kind, **settings: networks(kind, dataset, **settings),
    )
    if split is not None and sum(split) <= table.n:
        table = replace(table, train=np.arange(split[0]), test=np.arange(split[0], sum(split)))
    else:
        split = None
    results = evaluate(table, metrics, seed=seed, options=options, settings=settings, progress=progress)
    return [replace(result, images=images, split=split) for result in results]


def _encoding(progress: Callable[[str, int, int], None] | None) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress("encoding", done, total)


def write_evaluation(folder: Path, results: Sequence[Result]) -> Path:
    """Write `evaluation.json` into a model folder and its checksum into the manifest."""
    document = {"schema_version": SCHEMA_VERSION, "results": [result.as_dict() for result in results]}
    path = folder / EVALUATION
    write_atomic(path, (json.dumps(document, allow_nan=False) + "\n").encode())
    manifest = read_manifest(folder)
    files = {**manifest.files, **record_files(folder, (EVALUATION,))}
    write_manifest(folder, manifest.model_copy(update={"files": files}))
    return path

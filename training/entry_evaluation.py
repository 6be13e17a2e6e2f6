"""Evaluate one zoo entry on its data set: encode, measure, and the file that keeps the results."""

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from models_zoo.codec import Codec
from models_zoo.files import write_atomic
from models_zoo.manifest import EVALUATION, read_manifest, record_files, write_manifest
from training.codes import EncodedRows, Progress, encode_rows
from training.dataset import Dataset
from training.evaluation import Result, Settings, evaluate
from training.score import Conditions
from training.table import CodeTable, Floats, Network, Rows

ROWS = 30_000
"""Images encoded for a score: the published train and test sizes twice over."""
TRAIN_ROWS = 10_000
TEST_ROWS = 5_000
SCHEMA_VERSION = 1
NETWORKS = {"factor": "training.factor_network", "inception": "training.inception"}
"""Modules with torch, named and not imported: whoever reads this file stays without it."""


@dataclass(frozen=True)
class EntryPictures:
    """Images of the data set beside the decoder of the entry."""

    title: str
    dataset: Dataset
    indices: NDArray[np.int64]
    codec: Codec

    def originals(self, rows: Rows) -> NDArray[np.uint8]:
        """Images (n, height, width, channels) of the table's rows."""
        return self.dataset.images(self.indices[rows])

    def decode(self, latents: Floats) -> NDArray[np.float32]:
        """Images (n, height, width, channels) in [0, 1]."""
        return self.codec.decode(latents.astype(np.float32))

    def network(self, kind: Literal["factor", "inception"], **settings: Any) -> Network:
        """Feature network; the first use loads torch."""
        module = importlib.import_module(NETWORKS[kind])
        return cast(Network, module.load(self.dataset, **settings))


def labelled(labels: NDArray[np.integer]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows (n,) and factors (k,) that are left when missing labels (-1) are taken out.

    A factor nobody labelled goes first; then the rows that lack one of the others.
    """
    known = labels >= 0
    factors = np.asarray(known.any(axis=0))
    rows = known[:, factors].all(axis=1) if factors.any() else np.zeros(len(labels), dtype=bool)
    return np.asarray(rows), factors


def entry_table(encoded: EncodedRows, dataset: Dataset, pictures: EntryPictures, seed: int) -> CodeTable:
    """Table of the encoded rows in random order, with train and test rows of the published sizes."""
    order = np.random.default_rng([seed, 0]).permutation(len(encoded.indices))
    labels = dataset.labels(encoded.indices[order])
    rows, kept = labelled(labels)
    with_labels = bool(kept.any() and rows.sum() >= 2)
    if with_labels:
        order, labels = order[rows], labels[rows][:, kept]
    pick = np.flatnonzero(kept)
    table = CodeTable(
        codes=encoded.mean[order].astype(np.float64),
        factors=labels.astype(np.int64) if with_labels else None,
        factor_names=tuple(dataset.factors.names[k] for k in pick) if with_labels else (),
        factor_sizes=tuple(dataset.factors.sizes[k] for k in pick) if with_labels else (),
        logvar=encoded.logvar[order].astype(np.float64),
        pictures=replace(pictures, indices=encoded.indices[order]),
    )
    train, test = published_split(table.n)
    return replace(table, train=train, test=test)


def published_split(n: int) -> tuple[Rows, Rows]:
    """First rows to fit on and the next to score on: 10,000 and 5,000, or two to one of fewer."""
    train = min(TRAIN_ROWS, max(1, n * 2 // 3))
    test = min(TEST_ROWS, n - train)
    return np.arange(train), np.arange(train, train + test)


def evaluate_entry(
    folder: Path,
    dataset: Dataset,
    metrics: Sequence[str] = (),
    *,
    seed: int = 0,
    conditions: Conditions | None = None,
    settings: Settings | None = None,
    rows: int | None = ROWS,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Result]:
    """Measure a zoo entry on its data set.

    Parameters
    ----------
    folder : Path
        Entry with `encoder.onnx` and `decoder.onnx`.
    dataset : Dataset
        The data set the model is of.
    metrics : sequence of str
        All there are when empty; those that do not apply come back with their reason.
    seed : int
        Draws the rows, and everything random in the metrics.
    conditions : Conditions, optional
        Mode and threads.
    settings : mapping, optional
        Settings by metric.
    rows : int or None
        Images to encode, None for the whole data set; cached by content either way.
    progress : callable, optional
        Called ``("encoding", done, total)`` in images, then ``(metric, done, total)`` before each metric.

    Raises
    ------
    InvalidInput, NotFound, DamagedFile
    """
    conditions = conditions or Conditions()
    encoded = encode_rows(folder, dataset, limit=rows, seed=seed, threads=conditions.jobs, progress=_encoding(progress))
    codec = Codec(folder, threads=conditions.jobs)
    pictures = EntryPictures(dataset.title, dataset, encoded.indices, codec)
    table = entry_table(encoded, dataset, pictures, seed)
    return list(evaluate(table, metrics, seed=seed, conditions=conditions, settings=settings, progress=progress))


def _encoding(progress: Callable[[str, int, int], None] | None) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress("encoding", done, total)


def write_evaluation(folder: Path, results: Sequence[Result]) -> Path:
    """Write `evaluation.json` into an entry and its checksum into the manifest."""
    document = {"schema_version": SCHEMA_VERSION, "results": [result.as_dict() for result in results]}
    path = folder / EVALUATION
    write_atomic(path, (json.dumps(document, allow_nan=False) + "\n").encode())
    manifest = read_manifest(folder)
    files = {**manifest.files, **record_files(folder, (EVALUATION,))}
    write_manifest(folder, manifest.model_copy(update={"files": files}))
    return path

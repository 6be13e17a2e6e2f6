"""Figures of a model folder, computed again from its weights: checksums, sample, statistics, reconstruction, parity."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from backend.schemas.verification import Figure
from backend.scores.comparison import MISSING, NEEDS_IMAGES, compare, compare_arrays, unchecked
from models_zoo.codec import Codec
from models_zoo.errors import DamagedFile
from models_zoo.files import sha256_of
from models_zoo.manifest import (
    CHECKSUMS,
    DECODER,
    ENCODER,
    MANIFEST,
    SAMPLE,
    Manifest,
    Parity,
    read_checksums,
)
from models_zoo.statistics import measure_decoded_samples, measure_sample, sample_indices
from training.data.dataset import Dataset

CODE_TOLERANCE = 1e-4
"""Of a code or log-variance, float32: kernels of another processor add in another order."""
STATISTIC_TOLERANCE = 1e-4
PARITY_TOLERANCE = 1e-4
Measure = Callable[[Path, Manifest, Dataset], Parity]
"""Compares the export of a model with the weights of its training, see `training.runs.export.parity_of_run`."""


def file_figures(folder: Path, manifest: Manifest | None) -> Iterator[Figure]:
    """Compare size and SHA-256 of every file with the manifest and with `SHA256SUMS`."""
    recorded = {} if manifest is None else {name: each.sha256 for name, each in manifest.files.items()}
    present = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}
    for required in (ENCODER, DECODER) if manifest else ():
        if required not in recorded:
            yield compare("files", required, MISSING, present.get(required), note="the manifest lists no such file")
    for name, digest in recorded.items():
        yield compare("files", name, digest, present.get(name, MISSING), note=f"SHA-256 in {MANIFEST}")
    try:
        sums = read_checksums(folder)
    except DamagedFile as error:
        yield compare("files", CHECKSUMS, MISSING, present.get(CHECKSUMS, MISSING) + " unread", note=error.message)
        return
    for name in [*sums, *(name for name in present if name not in sums and name != CHECKSUMS)]:
        found = compare(
            "files", name, sums.get(name, MISSING), present.get(name, MISSING), note=f"SHA-256 in {CHECKSUMS}"
        )
        if name == MANIFEST or found.state != "equal" or name not in recorded:
            yield found


def can_run(figures: list[Figure]) -> bool:
    """Return whether both graphs are those of the manifest, so that figures can be computed from them."""
    bad = {each.name for each in figures if each.state == "different"}
    return not bad & {ENCODER, DECODER}


def sample_figures(folder: Path, manifest: Manifest, dataset: Dataset | None) -> Iterator[Figure]:
    """Encode the sample again and compare `sample.npz`, the statistics of the latents and the reconstruction."""
    codec = Codec(folder, device="cpu")
    if dataset is None:
        described = measure_decoded_samples(codec, manifest.latents)
    else:
        indices = sample_indices(len(dataset))
        images, labels = dataset.images(indices), dataset.labels(indices)
        arrays, described = measure_sample(codec, indices, images, labels, dataset.factors.names)
        yield from _array_figures(folder, arrays)
    fresh = Manifest.model_validate({**manifest.model_dump(), **described}).model_dump(mode="json")
    stored = manifest.model_dump(mode="json")
    for field in ("statistics_rows", "statistics_of", "factor_names"):
        yield compare("latents", field.replace("_", " "), stored[field], fresh[field], tolerance=0)
    if len(stored["statistics"]) != len(fresh["statistics"]):
        yield compare("latents", "number of latents", len(stored["statistics"]), len(fresh["statistics"]), tolerance=0)
    for latent, pair in enumerate(zip(stored["statistics"], fresh["statistics"], strict=False)):
        for field in pair[1]:
            values = (each.get(field, MISSING) for each in pair)
            yield compare("latents", f"z{latent} {field}", *values, tolerance=STATISTIC_TOLERANCE)
    for part in sorted(stored["reconstruction"].keys() | fresh["reconstruction"].keys()):
        values = (each["reconstruction"].get(part, MISSING) for each in (stored, fresh))
        yield compare("reconstruction", part, *values, tolerance=STATISTIC_TOLERANCE)


def _array_figures(folder: Path, arrays: dict[str, np.ndarray]) -> Iterator[Figure]:
    try:
        with np.load(folder / SAMPLE, allow_pickle=False) as stored:
            for name, fresh in arrays.items():
                if name not in stored.files:
                    yield compare("sample", name, MISSING, f"{len(fresh)} rows")
                    continue
                yield compare_arrays("sample", name, stored[name], fresh, CODE_TOLERANCE)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        yield compare("sample", SAMPLE, MISSING, f"{len(arrays)} arrays", note=f"it cannot be read: {error}")


def parity_figures(folder: Path, manifest: Manifest, dataset: Dataset | None, measure: Measure | None) -> list[Figure]:
    """Compare the parity of torch and ONNX Runtime with that at the export, where the weights of the run are given."""
    if manifest.parity is None:
        return []
    stored = manifest.parity.model_dump()
    if measure is None:
        return [unchecked("parity", "parity", "needs the weights of the training: name its run folder by --run")]
    if dataset is None:
        return [unchecked("parity", "parity", NEEDS_IMAGES)]
    fresh = measure(folder, manifest, dataset).model_dump()
    return [compare("parity", name, stored[name], fresh[name], tolerance=PARITY_TOLERANCE) for name in stored]

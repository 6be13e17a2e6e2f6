"""Small sound zoo entries whose decoders are formulas, not weights: known answers for the tests.

``python -m tests.demo_zoo DIR`` writes them below DIR for work on the page before models are trained.
`disc` draws a bright disc: z0 and z1 are its centre, z2 its radius; `room` paints floor, wall and a disc
in hues z0, z1, z2. The other latents do nothing (dead). Encoders invert the formulas.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models_zoo.codec import Codec
from models_zoo.files import write_atomic
from models_zoo.manifest import (
    DECODER,
    ENCODER,
    EVALUATION,
    FILM,
    HISTORY,
    RUN_TOML,
    SAMPLE,
    Manifest,
    Parity,
    Provenance,
    record_files,
    set_view,
    write_manifest,
)
from models_zoo.statistics import latent_statistics
from tests.demo_graphs import SIZE, write_disc, write_room
from training.runs.run_toml import run_toml

FACTORS = {
    "dsprites": (("shape", 3), ("scale", 6), ("orientation", 40), ("posX", 32), ("posY", 32)),
    "shapes3d": (
        ("floor_hue", 10),
        ("wall_hue", 10),
        ("object_hue", 10),
        ("scale", 8),
        ("shape", 4),
        ("orientation", 15),
    ),
}


def _draw_sample(dataset: str, latents: int, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Codes that follow the factors: latent i follows one of them, with a little noise."""
    factors = FACTORS[dataset]
    sizes = np.array([size for _, size in factors])
    labels = rng.integers(0, sizes, size=(n, len(sizes)))
    followed = (3, 4, 1) if dataset == "dsprites" else (0, 1, 2)
    mean = 0.05 * rng.standard_normal((n, latents))
    mean[:, 3:] *= 0.1
    for latent, factor in enumerate(followed):
        mean[:, latent] += (labels[:, factor] + 0.5) / sizes[factor] * 3.4 - 1.7
    logvar = np.tile(np.array([-4.0] * 3 + [0.0] * (latents - 3)), (n, 1))
    return {
        "indices": np.ravel_multi_index(tuple(labels.T), sizes).astype(np.int64),
        "mean": mean.astype(np.float32),
        "logvar": logvar.astype(np.float32),
        "labels": labels.astype(np.int64),
    }


def _history(latents: int, rng: np.random.Generator) -> dict[str, object]:
    step = list(range(100, 3001, 100))
    decay = np.exp(-np.array(step) / 800)
    kl = np.zeros((len(step), latents))
    kl[:, :3] = 2.0 * (1 - decay)[:, None] + 0.05 * rng.random((len(step), 3))
    reconstruction = 20 + 300 * decay + rng.random(len(step))
    total = reconstruction + kl.sum(1)
    parts = {"reconstruction": reconstruction, "kl": kl.sum(1), "total": total}
    return {
        "step": step,
        "parts": {name: np.round(values, 4).tolist() for name, values in parts.items()},
        "kl": np.round(kl, 4).tolist(),
        "learned": {},
    }


def _film(latents: int, channels: int) -> dict[str, np.ndarray]:
    """Draw traversals at three steps of a training that never was: each row gets brighter from step to step."""
    images = np.zeros((3, latents, 7, SIZE, SIZE, channels), np.uint8)
    images += np.array([40, 120, 200], np.uint8).reshape(3, 1, 1, 1, 1, 1)
    values = np.linspace(-2, 2, 7, dtype=np.float32)
    return {"step": np.array([0, 100, 2000]), "values": values, "images": images}


def _results(latents: int, factors: int, quality: float, rng: np.random.Generator) -> list[dict[str, object]]:
    matrix = rng.random((latents, factors)) * 0.1
    for latent in range(3):
        matrix[latent, latent] = quality
    common = {
        "mode": "corrected",
        "seed": 0,
        "n": 10_000,
        "version": "1",
        "seconds": 0.2,
        "computed_at": datetime.now(UTC).isoformat(),
        "reason": None,
    }
    table = {
        "mig": (quality * 0.6, {"mutual_information": matrix.tolist(), "entropy": [2.0] * factors}),
        "sap": (quality * 0.4, {"matrix": matrix.tolist()}),
        "dci": (quality * 0.9, {"importance": matrix.tolist(), "completeness": 0.7, "informativeness": 0.9}),
        "cbd": (quality * 0.8, {"pcc": matrix.tolist(), "compactness": 0.8, "modularity": 0.7}),
    }
    records = [
        {"metric": name, "score": score, "interval": [score - 0.02, score + 0.02], "chance": 0.01}
        | {"details": details | {"settings": {}}, "settings": {}}
        | common
        for name, (score, details) in table.items()
    ]
    records.append(
        {"metric": "irs", "score": None, "interval": None, "chance": None, "details": {}, "settings": {}}
        | common
        | {"reason": "needs at least two images for each factor value"}
    )
    return records


def write_entry(zoo: Path, model_id: str, *, dataset: str = "dsprites", latents: int = 6, mixing: float = 0.0) -> Path:
    """Write one sound entry and return its folder; larger ``mixing`` is a less disentangled model."""
    folder = zoo / model_id
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(model_id))
    (write_disc if dataset == "dsprites" else write_room)(folder, latents, mixing)
    sample = _draw_sample(dataset, latents, 5000, rng)
    if mixing:
        sample["mean"][:, 0] -= np.float32(mixing) * sample["mean"][:, 1]
    np.savez(folder / SAMPLE, **sample)
    names = tuple(name for name, _ in FACTORS[dataset])
    write_atomic(folder / HISTORY, json.dumps(_history(latents, rng)).encode())
    np.savez_compressed(folder / FILM, **_film(latents, 3 if dataset == "shapes3d" else 1))
    results = _results(latents, len(names), 0.95 - mixing / 2, rng)
    write_atomic(folder / EVALUATION, json.dumps({"schema_version": 1, "results": results}).encode())
    run = {"dataset": dataset, "objective": "vae" if mixing else "beta_vae", "latents": latents, "steps": 3000}
    write_atomic(folder / RUN_TOML, run_toml(run).encode())
    channels = 1 if dataset == "dsprites" else 3
    manifest = Manifest(
        id=model_id,
        name=model_id.replace("-", " "),
        dataset=dataset,
        dataset_title={"dsprites": "dSprites (procedural)", "shapes3d": "3D Shapes (procedural)"}[dataset],
        objective="vae" if mixing else "beta_vae",
        objective_settings={} if mixing else {"beta": 4.0},
        architecture="conv64",
        likelihood="bernoulli",
        training={"steps": 3000, "batch_size": 64, "learning_rate": 1e-3, "seed": 0},
        latents=latents,
        image_shape=(SIZE, SIZE, channels),
        statistics=latent_statistics(sample["mean"], sample["logvar"], sample["labels"], names),
        statistics_rows=5000,
        factor_names=names,
        reconstruction={"bernoulli_nats": 20.5},
        parity=Parity(mean=1e-7, logvar=1e-7, image=1e-7, images=16),
        files=record_files(folder, (ENCODER, DECODER, SAMPLE, HISTORY, FILM, EVALUATION, RUN_TOML)),
        provenance=Provenance(
            created_at=datetime.now(UTC).isoformat(),
            axiscope_version="0.1.0",
            command="axiscope train --config run.toml",
            note="a formula, not a trained model: for tests and for work on the page",
        ),
        licence="Apache-2.0",
    )
    write_manifest(folder, manifest)
    Codec(folder, device="cpu")
    return folder


def write_zoo(zoo: Path) -> Path:
    """Write four sound entries and one whose decoder is cut short; return ``zoo``."""
    write_entry(zoo, "demo-disc")
    set_view(write_entry(zoo, "demo-disc-mixed", mixing=0.6), "image=7&focus=2&tab=hinton")
    write_entry(zoo, "demo-room", dataset="shapes3d", latents=8)
    write_entry(zoo, "demo-room-mixed", dataset="shapes3d", latents=8, mixing=0.5)
    broken = write_entry(zoo, "demo-truncated") / DECODER
    broken.write_bytes(broken.read_bytes()[:200])
    return zoo


if __name__ == "__main__":
    sys.stdout.write(f"wrote {write_zoo(Path(sys.argv[1]))}\n")

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
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models_zoo.codec import Codec
from models_zoo.files import write_atomic
from models_zoo.manifest import (
    DECODER,
    ENCODER,
    EVALUATION,
    FILM,
    HISTORY,
    QUANTILES,
    SAMPLE,
    LatentStatistics,
    Manifest,
    Parity,
    Provenance,
    latent_state,
    record_files,
    write_manifest,
)

SIZE = 64
GRID = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE * 2 - 1
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
Array = NDArray[np.float32]


class _Graph:
    """Collects nodes and constants of one ONNX graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        name = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def save(self, path: Path, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> None:
        def infos(named: dict[str, tuple]) -> list[onnx.ValueInfoProto]:
            return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]

        graph = helper.make_graph(self.nodes, "demo", infos(inputs), infos(outputs), self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())


def _latent(graph: _Graph, column: int, scale: float, shift: float = 0.0) -> str:
    """(batch, 1, 1, 1) tensor ``scale * z[column] + shift``."""
    picked = graph.add("Gather", "latent", graph.constant([column], np.int64), axis=1)
    shaped = graph.add("Unsqueeze", picked, graph.constant([2, 3], np.int64))
    return graph.add("Add", graph.add("Mul", shaped, graph.constant(scale)), graph.constant(shift))


def _disc(graph: _Graph, radius: str, centre_x: str | None, centre_y: str | None) -> str:
    """(batch, 1, 64, 64) soft disc in [0, 1]."""
    total = None
    for axis, centre in (((1, 1, 1, SIZE), centre_x), ((1, 1, SIZE, 1), centre_y)):
        offset = graph.constant(GRID.reshape(axis))
        if centre is not None:
            offset = graph.add("Sub", offset, centre)
        squared = graph.add("Mul", offset, offset)
        total = squared if total is None else graph.add("Add", total, squared)
    edge = graph.add("Sub", radius, graph.add("Sqrt", total))
    return graph.add("Sigmoid", graph.add("Mul", edge, graph.constant(24.0)))


def write_disc(folder: Path, latents: int, mixing: float) -> None:
    """Write a decoder of a disc, and its encoder; ``mixing`` entangles the two positions."""
    graph = _Graph()
    x, y = _latent(graph, 0, 0.3), _latent(graph, 1, 0.3)
    mixed = graph.add("Add", x, graph.add("Mul", y, graph.constant(mixing)))
    image = _disc(graph, _latent(graph, 2, 0.06, 0.24), mixed, y)
    graph.add("Identity", image, output="image")
    graph.save(folder / DECODER, {"latent": ("batch", latents)}, {"image": ("batch", 1, SIZE, SIZE)})

    graph = _Graph()
    flat = graph.add("Flatten", "image", axis=1)
    ones = np.ones((SIZE, SIZE), np.float32)
    moments = np.stack([ones, ones * GRID[None, :], ones * GRID[:, None]], -1).reshape(-1, 3)
    sums = graph.add("MatMul", flat, graph.constant(moments))
    mass = graph.add("Add", graph.add("Slice", sums, *_range(graph, 0, 1)), graph.constant(1e-3))
    centre = graph.add("Div", graph.add("Slice", sums, *_range(graph, 1, 3)), mass)
    unmixed = graph.add("MatMul", centre, graph.constant([[1 / 0.3, 0], [-mixing / 0.3, 1 / 0.3]]))
    radius = graph.add("Sqrt", graph.add("Mul", mass, graph.constant((2 / SIZE) ** 2 / np.pi)))
    scale = graph.add("Div", graph.add("Sub", radius, graph.constant(0.24)), graph.constant(0.06))
    _finish_encoder(graph, folder, graph.add("Concat", unmixed, scale, axis=1), latents, 1)


def write_room(folder: Path, latents: int, mixing: float) -> None:
    """Write a decoder of a coloured room, and its encoder; ``mixing`` entangles floor and wall."""
    graph = _Graph()
    disc = _disc(graph, graph.constant([[[[0.35]]]]), None, None)
    floor = np.zeros((1, 1, SIZE, SIZE), np.float32)
    floor[:, :, SIZE * 5 // 8 :] = 1
    hues = [_latent(graph, index, 0.6) for index in range(3)]
    hues[0] = graph.add("Add", hues[0], graph.add("Mul", hues[1], graph.constant(mixing)))
    areas = [
        graph.add("Mul", graph.constant(floor), graph.add("Sub", graph.constant(1.0), disc)),
        graph.add("Mul", graph.constant(1 - floor), graph.add("Sub", graph.constant(1.0), disc)),
        disc,
    ]
    planes = []
    for phase in (0.0, 2.1, 4.2):
        parts = []
        for hue, area in zip(hues, areas, strict=True):
            wave = graph.add("Cos", graph.add("Add", hue, graph.constant(phase)))
            value = graph.add("Add", graph.add("Mul", wave, graph.constant(0.4)), graph.constant(0.5))
            parts.append(graph.add("Mul", value, area))
        planes.append(graph.add("Sum", *parts))
    graph.add("Concat", *planes, axis=1, output="image")
    graph.save(folder / DECODER, {"latent": ("batch", latents)}, {"image": ("batch", 3, SIZE, SIZE)})

    graph = _Graph()
    radius = np.hypot(GRID[:, None], GRID[None, :])
    masks = [
        (floor[0, 0] > 0) & (radius > 0.5),
        (floor[0, 0] == 0) & (radius > 0.5),
        radius < 0.2,
    ]
    weights = np.stack([mask / mask.sum() for mask in masks], -1).reshape(-1, 3).astype(np.float32)
    rows = graph.add("Reshape", "image", graph.constant([0, 3, SIZE * SIZE], np.int64))
    colours = graph.add("MatMul", rows, graph.constant(weights))
    waves = graph.add("Div", graph.add("Sub", colours, graph.constant(0.5)), graph.constant(0.4))
    first = graph.add("Squeeze", graph.add("Slice", waves, *_range(graph, 0, 1)), graph.constant([1], np.int64))
    second = graph.add("Squeeze", graph.add("Slice", waves, *_range(graph, 1, 2)), graph.constant([1], np.int64))
    # cos(h) = first; cos(h + 2.1) = second, so sin(h) = (cos(h) cos(2.1) - second) / sin(2.1)
    sine = graph.add(
        "Div",
        graph.add("Sub", graph.add("Mul", first, graph.constant(np.cos(2.1))), second),
        graph.constant(np.sin(2.1)),
    )
    safe = graph.add("Add", graph.add("Abs", first), graph.constant(1e-4))
    angle = graph.add("Atan", graph.add("Div", sine, safe))
    unmix = np.eye(3) / 0.6
    unmix[1, 0] = -mixing / 0.6
    _finish_encoder(graph, folder, graph.add("MatMul", angle, graph.constant(unmix)), latents, 3)


def _range(graph: _Graph, start: int, stop: int) -> tuple[str, str, str]:
    return graph.constant([start], np.int64), graph.constant([stop], np.int64), graph.constant([1], np.int64)


def _finish_encoder(graph: _Graph, folder: Path, live: str, latents: int, channels: int) -> None:
    dead = graph.add("MatMul", live, graph.constant(np.zeros((3, latents - 3))))
    mean = graph.add("Concat", live, dead, axis=1, output="mean")
    base = np.array([-4.0] * 3 + [0.0] * (latents - 3))
    graph.add("Add", graph.add("Mul", mean, graph.constant(0.0)), graph.constant(base), output="logvar")
    shape = ("batch", latents)
    graph.save(folder / ENCODER, {"image": ("batch", channels, SIZE, SIZE)}, {"mean": shape, "logvar": shape})


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


def _statistics(sample: dict[str, np.ndarray], names: tuple[str, ...]) -> tuple[LatentStatistics, ...]:
    mean, logvar, labels = sample["mean"].astype(float), sample["logvar"].astype(float), sample["labels"]
    found = []
    for column in range(mean.shape[1]):
        values = mean[:, column]
        kl = float(np.mean(0.5 * (values**2 + np.exp(logvar[:, column]) - 1 - logvar[:, column])))
        pearson = {name: float(np.corrcoef(values, labels[:, k])[0, 1]) for k, name in enumerate(names)}
        best = max(pearson, key=lambda name: abs(pearson[name]))
        sigma = float(np.exp(logvar[:, column] / 2).mean())
        found.append(
            LatentStatistics(
                mean=values.mean(),
                std=values.std(),
                minimum=values.min(),
                maximum=values.max(),
                quantiles=tuple(np.quantile(values, QUANTILES)),
                kl_nats=kl,
                mean_sigma=sigma,
                state=latent_state(kl, float(values.var()), sigma),
                best_factor=best,
                best_correlation=pearson[best],
                correlations=pearson,
            )
        )
    return tuple(found)


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
        statistics=_statistics(sample, names),
        statistics_rows=5000,
        factor_names=names,
        reconstruction={"bernoulli_nats": 20.5},
        parity=Parity(mean=1e-7, logvar=1e-7, image=1e-7, images=16),
        files=record_files(folder, (ENCODER, DECODER, SAMPLE, HISTORY, FILM, EVALUATION)),
        provenance=Provenance(
            created_at=datetime.now(UTC).isoformat(),
            axiscope_version="0.1.0",
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
    write_entry(zoo, "demo-disc-mixed", mixing=0.6)
    write_entry(zoo, "demo-room", dataset="shapes3d", latents=8)
    write_entry(zoo, "demo-room-mixed", dataset="shapes3d", latents=8, mixing=0.5)
    broken = write_entry(zoo, "demo-truncated") / DECODER
    broken.write_bytes(broken.read_bytes()[:200])
    return zoo


if __name__ == "__main__":
    sys.stdout.write(f"wrote {write_zoo(Path(sys.argv[1]))}\n")

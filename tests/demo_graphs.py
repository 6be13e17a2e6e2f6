"""ONNX graphs whose pictures are formulas: a disc, and a room of three hues; encoders invert them."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models_zoo.manifest import DECODER, ENCODER

SIZE = 64
GRID = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE * 2 - 1
Array = NDArray[np.float32]


class Graph:
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


def _latent(graph: Graph, latents: int, column: int, scale: float, shift: float = 0.0) -> str:
    """(batch, 1, 1, 1) tensor ``scale * z[column] + shift``."""
    weights = scale * np.eye(latents)[:, column : column + 1]
    shaped = graph.add(
        "Unsqueeze", graph.add("MatMul", "latent", graph.constant(weights)), graph.constant([2, 3], np.int64)
    )
    return graph.add("Add", shaped, graph.constant(shift))


def _disc(graph: Graph, radius: str, centre_x: str | None, centre_y: str | None) -> str:
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
    graph = Graph()
    x, y = _latent(graph, latents, 0, 0.3), _latent(graph, latents, 1, 0.3)
    mixed = graph.add("Add", x, graph.add("Mul", y, graph.constant(mixing)))
    image = _disc(graph, _latent(graph, latents, 2, 0.06, 0.24), mixed, y)
    graph.add("Identity", image, output="image")
    graph.save(folder / DECODER, {"latent": ("batch", latents)}, {"image": ("batch", 1, SIZE, SIZE)})

    graph = Graph()
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
    """Write a decoder of a coloured room, and its encoder; ``mixing`` entangles floor and wall.

    The decoder of a mixed room has a node, Sum, that Axiscope's own runtime in the browser does not compute: ONNX
    Runtime Web does.
    """
    graph = Graph()
    disc = _disc(graph, graph.constant([[[[0.35]]]]), None, None)
    floor = np.zeros((1, 1, SIZE, SIZE), np.float32)
    floor[:, :, SIZE * 5 // 8 :] = 1
    hues = [_latent(graph, latents, index, 0.6) for index in range(3)]
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
        floor_and_wall = graph.add("Add", *parts[:2])
        planes.append(graph.add("Sum" if mixing else "Add", floor_and_wall, parts[2]))
    graph.add("Concat", *planes, axis=1, output="image")
    graph.save(folder / DECODER, {"latent": ("batch", latents)}, {"image": ("batch", 3, SIZE, SIZE)})

    graph = Graph()
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


def _range(graph: Graph, start: int, stop: int) -> tuple[str, str, str]:
    return graph.constant([start], np.int64), graph.constant([stop], np.int64), graph.constant([1], np.int64)


def _finish_encoder(graph: Graph, folder: Path, live: str, latents: int, channels: int) -> None:
    dead = graph.add("MatMul", live, graph.constant(np.zeros((3, latents - 3))))
    mean = graph.add("Concat", live, dead, axis=1, output="mean")
    base = np.array([-4.0] * 3 + [0.0] * (latents - 3))
    graph.add("Add", graph.add("Mul", mean, graph.constant(0.0)), graph.constant(base), output="logvar")
    shape = ("batch", latents)
    graph.save(folder / ENCODER, {"image": ("batch", channels, SIZE, SIZE)}, {"mean": shape, "logvar": shape})

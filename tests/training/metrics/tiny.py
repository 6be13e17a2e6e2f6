"""A data set of 4 x 4 pictures and a model of it, small enough to be worked out by hand."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.data.dataset import Provenance
from training.data.factors import Factor, FactorSpace

SIDE = 4
LATENTS = 3


class TinyDataset:
    """48 images: one pixel at each of 4 rows and 4 columns, in 3 levels of grey."""

    name = "tiny"
    title = "Tiny (procedural)"
    image_shape = (SIDE, SIDE, 1)
    factors = FactorSpace(
        (
            Factor("row", tuple(range(SIDE)), "ordinal"),
            Factor("column", tuple(range(SIDE)), "ordinal"),
            Factor("level", (0.5, 0.75, 1.0), "ordinal"),
        )
    )
    provenance = Provenance("procedural", "one pixel", "CC0")

    def __init__(self) -> None:
        self.asked = 0

    def __len__(self) -> int:
        return self.factors.n_combinations

    def images(self, indices: np.ndarray) -> np.ndarray:
        self.asked += len(indices)
        row, column, level = self.labels(indices).T
        images = np.zeros((len(row), SIDE, SIDE, 1), dtype=np.uint8)
        images[np.arange(len(row)), row, column, 0] = (127 + 64 * level).astype(np.uint8)
        return images

    def labels(self, indices: np.ndarray) -> np.ndarray:
        return self.factors.from_index(indices)


def write_model(folder: Path, scale: float = 1.0) -> Path:
    """Linear encoder that reads row, column and level exactly; decoder of constant grey."""
    folder.mkdir(parents=True, exist_ok=True)
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    weights = np.stack([row + 1.0, column + 1.0, np.ones(SIDE * SIDE)], axis=1) * scale
    half = np.full((LATENTS, SIDE * SIDE), 0.01)
    encoder = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["mean"]),
            helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
            helper.make_node("Sub", ["nothing", "two"], ["logvar"]),
        ],
        "encoder",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", LATENTS]) for name in ("mean", "logvar")],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(np.float32(0), "zero"),
            numpy_helper.from_array(np.float32(2), "two"),
        ],
    )
    decoder = helper.make_graph(
        [
            helper.make_node("MatMul", ["latent", "half"], ["flat"]),
            helper.make_node("Sigmoid", ["flat"], ["grey"]),
            helper.make_node("Reshape", ["grey", "shape"], ["image"]),
        ],
        "decoder",
        [helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["batch", LATENTS])],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [
            numpy_helper.from_array(half.astype(np.float32), "half"),
            numpy_helper.from_array(np.array([-1, 1, SIDE, SIDE]), "shape"),
        ],
    )
    for name, graph in (("encoder", encoder), ("decoder", decoder)):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.save(model, folder / f"{name}.onnx")
    return folder

"""The page's own runtime for decoders gives the images of ONNX Runtime, and names the operators that it lacks."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, save

from backend.commands.one_file import OWN_OPERATORS, is_own
from backend.routes.templates import FRONTEND
from models_zoo.catalog import BUNDLED
from tests.meta.tree import ROOT

TOLERANCE = 1e-5
KERNEL = FRONTEND / "static" / "vendor" / "runtime" / "kernel.wasm"
LATENTS = 6
ACTIVATIONS = ("Relu", "Sigmoid", "Tanh", "Elu", "Softplus", "Exp", "Sin", "Cos")


class Graph:
    """A decoder under construction, of latents (n, 6)."""

    def __init__(self) -> None:
        self.nodes: list[object] = []
        self.constants: list[object] = []
        self.rng = np.random.default_rng(0)
        self.last = "latent"

    def constant(self, value: object, dtype: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def weight(self, *shape: int) -> str:
        return self.constant(self.rng.standard_normal(shape))

    def add(self, operator: str, *inputs: str, **attributes: object) -> "Graph":
        """Append an operator; "" stands for the last output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [each or self.last for each in inputs], [name], **attributes))
        self.last = name
        return self

    def image(self, channels: int = 4, height: int = 3, width: int = 5) -> "Graph":
        """Make an image (n, channels, height, width) of the latents."""
        self.add("Gemm", "", self.weight(LATENTS, channels * height * width))
        return self.add("Reshape", "", self.constant([-1, channels, height, width], np.int64))

    def write(self, folder: Path, opset: int = 18) -> None:
        output = helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)
        latent = helper.make_tensor_value_info("latent", TensorProto.FLOAT, ["n", LATENTS])
        graph = helper.make_graph(self.nodes, "decoder", [latent], [output], self.constants)
        opsets = [helper.make_opsetid("", opset)]
        save(helper.make_model(graph, opset_imports=opsets, ir_version=9), folder / "decoder.onnx")


def convolution(operator: str, shape: tuple[int, ...], **attributes: object) -> Callable[[Graph], Graph]:
    def build(graph: Graph) -> Graph:
        return graph.image().add(operator, "", graph.weight(*shape), **attributes)

    return build


def resized(**attributes: object) -> Callable[[Graph], Graph]:
    def build(graph: Graph) -> Graph:
        return graph.image().add("Resize", "", "none", graph.constant([1, 1, 2, 1.7]), **attributes)

    def with_empty_roi(graph: Graph) -> Graph:
        graph.constants.append(numpy_helper.from_array(np.zeros(0, np.float32), "none"))
        return build(graph)

    return with_empty_roi


def dynamic_reshape(graph: Graph) -> Graph:
    """The batch size read from the input, as exporters write it."""
    batch = graph.add("Shape", "latent").add("Gather", "", graph.constant([0], np.int64)).last
    graph.add("Concat", batch, graph.constant([2, 3], np.int64), axis=0)
    return graph.add("Reshape", "latent", graph.last)


CASES: dict[str, Callable[[Graph], Graph]] = {
    "gemm": lambda g: g.add("Gemm", "", g.weight(LATENTS, 7), g.weight(7)),
    "gemm of a transposed weight": lambda g: g.add("Gemm", "", g.weight(9, LATENTS), g.weight(9), transB=1),
    "matmul": lambda g: g.add("MatMul", "", g.weight(LATENTS, 5)),
    "conv": convolution("Conv", (5, 4, 3, 3), strides=[2, 1], pads=[1, 2, 0, 1]),
    "conv of groups, dilated": convolution("Conv", (6, 2, 2, 2), group=2, dilations=[2, 3], pads=[1, 1, 1, 1]),
    "transposed conv": convolution("ConvTranspose", (4, 3, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    "transposed conv of groups": convolution(
        "ConvTranspose", (4, 3, 3, 2), group=2, strides=[3, 2], output_padding=[2, 1], pads=[0, 1, 1, 0]
    ),
    "transposed conv, dilated": convolution("ConvTranspose", (4, 2, 3, 3), dilations=[2, 1], strides=[1, 2]),
    "normalisation": lambda g: g.image().add(
        "BatchNormalization", "", g.weight(4), g.weight(4), g.weight(4), g.constant([0.5, 1, 2, 3]), epsilon=1e-3
    ),
    "nearest": resized(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    "nearest by half pixels": resized(mode="nearest"),
    "linear": resized(mode="linear"),
    "linear as PyTorch": resized(mode="linear", coordinate_transformation_mode="pytorch_half_pixel"),
    "linear with corners": resized(mode="linear", coordinate_transformation_mode="align_corners"),
    "clip": lambda g: g.add("Clip", "", g.constant(-0.5), g.constant(0.7)),
    "broadcasting": lambda g: g.image().add("Mul", "", g.weight(4, 1, 5)).add("Add", g.weight(1), ""),
    "arithmetic": lambda g: g.add("Sub", "", g.weight(LATENTS)).add("Div", "", g.constant(3.0)).add("Neg", ""),
    "transposed": lambda g: g.image().add("Transpose", "", perm=[0, 2, 3, 1]),
    "joined": lambda g: g.image().add("Concat", "", "t1", "", axis=2),
    "axes": lambda g: g.add("Unsqueeze", "", g.constant([1, 3], np.int64)).add(
        "Squeeze", "", g.constant([1], np.int64)
    ),
    "dynamic batch": dynamic_reshape,
    "leaky": lambda g: g.add("LeakyRelu", "", alpha=0.2).add("PRelu", "", g.constant([0.5])),
    "flat": lambda g: g.image().add("Flatten", "", axis=2),
    **{name: (lambda g, name=name: g.add(name, "")) for name in ACTIVATIONS},
}


def expected(folder: Path, rows: int = 3) -> np.ndarray:
    """Write latents to a folder and return what ONNX Runtime decodes from them."""
    session = onnxruntime.InferenceSession(folder / "decoder.onnx", providers=["CPUExecutionProvider"])
    latents = int(session.get_inputs()[0].shape[1])
    latent = (3 * np.random.default_rng(1).standard_normal((rows, latents))).astype(np.float32)
    latent.tofile(folder / "latent.f32")
    (folder / "rows").write_text(str(rows))
    image: np.ndarray = session.run(None, {session.get_inputs()[0].name: latent})[0]
    return image


def decode(folders: list[Path]) -> None:
    node = shutil.which("node") or pytest.fail("no node: run `make js`")
    script = ROOT / "tests" / "js" / "decode.mjs"
    subprocess.run([node, script, KERNEL, *folders], check=True, capture_output=True, timeout=300)


def test_every_operator_gives_the_numbers_of_onnx_runtime(tmp_path: Path):
    images = {}
    for at, (name, build) in enumerate(CASES.items()):
        folder = tmp_path / str(at)
        folder.mkdir()
        graph = Graph()
        build(graph)
        graph.write(folder)
        images[name] = expected(folder)
    decode([tmp_path / str(at) for at in range(len(CASES))])
    for at, (name, image) in enumerate(images.items()):
        refused = tmp_path / str(at) / "refused"
        assert not refused.exists(), (name, refused.read_text())
        found = np.fromfile(tmp_path / str(at) / "image.f32", np.float32)
        np.testing.assert_allclose(found, image.ravel(), rtol=1e-5, atol=TOLERANCE, err_msg=name)


def test_every_bundled_decoder_gives_the_images_of_onnx_runtime(tmp_path: Path):
    names = sorted(path.parent.name for path in BUNDLED.glob("*/decoder.onnx"))
    images = {}
    for name in names:
        (tmp_path / name).mkdir()
        shutil.copy(BUNDLED / name / "decoder.onnx", tmp_path / name)
        images[name] = expected(tmp_path / name)
        assert is_own(tmp_path / name / "decoder.onnx")
    decode([tmp_path / name for name in names])
    for name, image in images.items():
        found = np.fromfile(tmp_path / name / "image.f32", np.float32)
        assert np.abs(found - image.ravel()).max() <= TOLERANCE, name


def test_an_operator_that_it_lacks_is_named(tmp_path: Path):
    graph = Graph().add("Sinh", "").add("Erf", "").add("Relu", "")
    graph.write(tmp_path)
    expected(tmp_path)
    decode([tmp_path])
    assert "not in Axiscope's own runtime: Sinh, Erf" in (tmp_path / "refused").read_text()
    assert not is_own(tmp_path / "decoder.onnx")


def test_the_operators_of_a_page_of_one_file_are_those_of_the_runtime():
    folder = FRONTEND / "static" / "js" / "inference" / "runtime"
    texts = "".join((folder / name).read_text() for name in ("shapes.js", "numbers.js", "graph.js"))
    assert all(f"{name}:" in texts for name in OWN_OPERATORS - {"Constant"})

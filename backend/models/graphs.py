"""Foreign ONNX graphs turned into ours: one image in, mean and logvar out; one latent in, one image out.

Names, channel order, flattened images, halves of one output, standard deviations instead of
log-variances, logits or tanh instead of [0, 1]: nodes are put before and after the foreign graph, which
itself stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from models_zoo.errors import InvalidInput, TooLarge, UnsupportedFormat

PREFIX = "foreign_"
MOST_BYTES = 512 * 1024**2
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
OLDEST_OPSET = 9
PIXEL_TYPES = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float64,
    TensorProto.FLOAT16: np.float16,
}
SPREAD = re.compile(r"log_?var|logvar|log_?sigma|log_?std|log_?scale|sigma|std|scale|var", re.IGNORECASE)
MEAN = re.compile(r"mean|mu\b|mu_|_mu|loc|^mu", re.IGNORECASE)


LOOPS = {"Loop", "Scan", "SequenceMap", "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"}
"""Operators that repeat a graph inside them, of the standard and of ONNX Runtime."""


def _nodes(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """Give the nodes and those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner.node)


def nodes_of(model: ModelProto) -> Iterator[NodeProto]:
    """All nodes of a model: of its graph, of its functions, and of the graphs inside their nodes."""
    yield from _nodes(model.graph.node)
    for function in model.functions:
        yield from _nodes(function.node)


def _attribute_tensors(attributes: Iterable[onnx.AttributeProto]) -> Iterator[TensorProto]:
    for attribute in attributes:
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for inner in (attribute.g, *attribute.graphs):
            yield from _graph_tensors(inner)


def _graph_tensors(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _attribute_tensors(node.attribute)


def tensors_of(model: ModelProto) -> Iterator[TensorProto]:
    """All constant tensors of a model, sparse ones too: of its graph, of its functions, and of the graphs inside."""
    yield from _graph_tensors(model.graph)
    for function in model.functions:
        yield from _attribute_tensors(function.attribute_proto)
        for node in function.node:
            yield from _attribute_tensors(node.attribute)


def read_graph(path: Path, *, allow_loops: bool = False) -> ModelProto:
    """Read a foreign graph.

    Raises
    ------
    UnsupportedFormat
        If it is no ONNX, keeps weights in other files, needs foreign operators, or has loops that are not allowed.
    TooLarge
        Beyond 512 MiB.
    """
    if not path.is_file():
        raise InvalidInput(f"{path} is no file")
    if path.stat().st_size > MOST_BYTES:
        raise TooLarge(f"{path.name} has {path.stat().st_size} bytes; the limit is {MOST_BYTES}")
    try:
        model = onnx.load_model(path, load_external_data=False)
        whole = bool(model.graph.node) and bool(model.graph.output)
    except Exception:  # noqa: BLE001 - protobuf raises its own kinds
        whole = False
    if not whole:
        raise UnsupportedFormat(f"{path.name} is no whole ONNX file: it is truncated or of another format")
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in tensors_of(model)):
        raise UnsupportedFormat(f"{path.name} keeps weights in other files: export with external_data=False")
    domains = {entry.domain for entry in model.opset_import} | {node.domain for node in nodes_of(model)}
    foreign = sorted(domains - set(DOMAINS) - {function.domain for function in model.functions})
    if foreign:
        raise UnsupportedFormat(
            f"{path.name} needs operators of {', '.join(foreign)}; allowed are the standard ones of ONNX: export it "
            "without own operators"
        )
    if opset(model) < OLDEST_OPSET:
        raise UnsupportedFormat(f"{path.name} has opset {opset(model)}: export with opset {OLDEST_OPSET} or newer")
    loops = sorted({node.op_type for node in nodes_of(model)} & LOOPS)
    if loops and not allow_loops:
        raise UnsupportedFormat(
            f"{path.name} has operators that repeat a part of it ({', '.join(loops)}), without a known end: "
            "export it without loops, or say --allow-loops if you trust it; each run then ends at its deadline"
        )
    return model


def opset(model: ModelProto) -> int:
    """Version of the standard operators."""
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)


def inputs_of(model: ModelProto) -> list[onnx.ValueInfoProto]:
    """Inputs that have to be fed."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in constants]


def only_input(model: ModelProto, what: str) -> onnx.ValueInfoProto:
    """Single input of a graph.

    Raises
    ------
    InvalidInput
        If there are several, or it is no floating-point tensor.
    """
    found = inputs_of(model)
    if len(found) != 1:
        names = ", ".join(value.name for value in found) or "none"
        raise InvalidInput(f"the {what} has the inputs {names}; it must have exactly one, without noise or labels")
    if found[0].type.tensor_type.elem_type not in PIXEL_TYPES:
        raise InvalidInput(f"the input {found[0].name} of the {what} is no floating-point tensor")
    return found[0]


def dimensions(value: onnx.ValueInfoProto) -> list[int | None]:
    """Sizes of a tensor, None where they are not fixed."""
    shape = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in shape]


class Wrapped:
    """A foreign graph with nodes put before and after it.

    Parameters
    ----------
    model : ModelProto
        Its batch size is made free.
    """

    def __init__(self, model: ModelProto) -> None:
        for value in (*model.graph.input, *model.graph.output):
            if value.type.tensor_type.shape.dim:
                value.type.tensor_type.shape.dim[0].dim_param = "batch"
        del model.graph.value_info[:]
        self._model = onnx.compose.add_prefix(model, PREFIX)
        self._before: list[NodeProto] = []
        self._after: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._count = 0

    def name(self, foreign: str) -> str:
        """Name that a tensor of the foreign graph has now."""
        return PREFIX + foreign

    def constant(self, value: Any, dtype: type = np.float32) -> str:
        """Name of a new constant."""
        name = f"axiscope_constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def _add(self, nodes: list[NodeProto], kind: str, inputs: Sequence[str], output: str, attributes: Any) -> str:
        self._count += 1
        name = output or f"axiscope_{self._count}"
        nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def before(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node that runs before the foreign graph; returns its output's name."""
        return self._add(self._before, kind, inputs, output, attributes)

    def after(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node that runs after the foreign graph; returns its output's name."""
        return self._add(self._after, kind, inputs, output, attributes)

    def build(self, inputs: dict[str, Sequence[Any]], outputs: Mapping[str, Sequence[Any] | None]) -> bytes:
        """Serialised graph with the given inputs and outputs and their shapes; None leaves type and shape open."""

        def values(named: Mapping[str, Sequence[Any] | None]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_empty_tensor_value_info(name)
                if shape is None
                else helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
                for name, shape in named.items()
            ]

        inner = self._model.graph
        graph = helper.make_graph(
            [*self._before, *inner.node, *self._after],
            "axiscope",
            values(inputs),
            values(outputs),
            [*inner.initializer, *self._constants],
            sparse_initializer=list(inner.sparse_initializer),
        )
        made = helper.make_model(
            graph,
            opset_imports=list(self._model.opset_import),
            ir_version=self._model.ir_version,
            functions=list(self._model.functions),
        )
        return bytes(made.SerializeToString())

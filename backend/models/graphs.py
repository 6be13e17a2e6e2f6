"""External ONNX graphs: read, checked, wrapped in further nodes, and run on trial.

An external graph is written by other software. It is not changed; nodes before and after it make Axiscope's format:
``image -> mean, logvar`` and ``latent -> image``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import Message
from numpy.typing import ArrayLike, NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from backend.models.time_limits import limited_run
from models_zoo.codec import MEMORY, runtime_message
from models_zoo.errors import InvalidInput, TooLarge, UnsupportedFormat
from models_zoo.graph_notes import clear_notes

Array = NDArray[np.generic]
Shape = Sequence[int | str]
PREFIX = "external_"
MAX_BYTES = 512 * 1024**2
MIN_OPSET = 9
TRIAL_ROWS = 3
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
INPUT_TYPES = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16)
LOOPS = {"Loop", "Scan", "SequenceMap", "BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch"}
"""Operators that repeat a graph inside them, of the standard and of ONNX Runtime."""
IR_VERSION_ERROR = re.compile(r"Unsupported model IR version: (\d+), max supported IR version: (\d+)")
OPSET_ERROR = re.compile(r"Opset (\d+) is under development.*?till opset (\d+)")
OPERATOR_ERROR = re.compile(r"(\S+?)(?:\(-?\d+\))? is not a registered function/op|No Op registered for (\S+)")
SHAPE_ERROR = re.compile(r"invalid dimensions|[Dd]imension|[Ss]hape|Expected:")


M = TypeVar("M", bound=Message)


def messages(root: Message, kind: type[M]) -> Iterator[M]:
    """Yield all messages of one type in a model: of its graph, of its functions, and of the graphs inside nodes."""
    if isinstance(root, kind):
        yield root
    for descriptor, value in root.ListFields():
        if descriptor.message_type is not None:
            for inner in (value,) if isinstance(value, Message) else value:
                yield from messages(inner, kind)


def read_graph(path: Path, *, allow_loops: bool = False) -> ModelProto:
    """Read an external graph.

    Raises
    ------
    UnsupportedFormat
        If it is not ONNX, keeps weights in other files, needs operators of other domains, or has loops without
        ``allow_loops``.
    TooLarge
        Beyond 512 MiB.
    """
    if not path.is_file():
        raise InvalidInput(f"got {path}, which is not a file; allowed: ONNX files; name one")
    if path.stat().st_size > MAX_BYTES:
        raise TooLarge(
            f"got {path.name} of {path.stat().st_size} bytes; allowed: at most {MAX_BYTES}; export a smaller model"
        )
    try:
        model = onnx.load_model(path, load_external_data=False)
        complete = bool(model.graph.node) and bool(model.graph.output)
    except Exception:  # noqa: BLE001 - protobuf raises its own kinds
        complete = False
    if not complete:
        raise UnsupportedFormat(
            f"got {path.name}, which is not a complete ONNX file: it is truncated or of another format; allowed: ONNX "
            "files; export it again"
        )
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in messages(model, TensorProto)):
        raise UnsupportedFormat(
            f"got {path.name}, which keeps weights in other files; allowed: files with their weights; export with "
            "external_data=False"
        )
    domains = {each.domain for each in model.opset_import} | {node.domain for node in messages(model, NodeProto)}
    unknown = sorted(domains - DOMAINS - {function.domain for function in model.functions})
    if unknown:
        raise UnsupportedFormat(
            f"got {path.name}, which needs operators of {', '.join(unknown)}; allowed: the standard operators of "
            "ONNX; export it without custom operators"
        )
    opset = max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=1)
    if opset < MIN_OPSET:
        raise UnsupportedFormat(f"got {path.name} of opset {opset}; allowed: {MIN_OPSET} or newer; export it again")
    loops = sorted({node.op_type for node in messages(model, NodeProto)} & LOOPS)
    if loops and not allow_loops:
        raise UnsupportedFormat(
            f"got {path.name} with operators that repeat a part of it ({', '.join(loops)}), without a known end; "
            "allowed: graphs without loops; export it without them, or use --allow-loops if you trust it; each run "
            "then has a time limit"
        )
    return model


def only_input(model: ModelProto, what: str) -> onnx.ValueInfoProto:
    """Return the single input of a graph.

    Raises
    ------
    InvalidInput
        If there are several, or it is not a floating-point tensor.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    found: list[onnx.ValueInfoProto] = [value for value in model.graph.input if value.name not in constants]
    if len(found) != 1:
        names = ", ".join(value.name for value in found) or "none"
        raise InvalidInput(
            f"got the inputs {names} of the {what}; allowed: exactly one, without noise or labels; export it with "
            "that one"
        )
    if found[0].type.tensor_type.elem_type not in INPUT_TYPES:
        raise InvalidInput(
            f"got the input {found[0].name} of the {what}, which is not a floating-point tensor; allowed: half, "
            "single and double precision; export it with one of them"
        )
    return found[0]


def dimensions(value: onnx.ValueInfoProto) -> list[int | None]:
    """Return the sizes of a tensor, None where they are not fixed."""
    shape = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in shape]


def _node(kind: str, inputs: Sequence[str], output: str, attributes: Mapping[str, int | list[int]]) -> NodeProto:
    node = helper.make_node(kind, inputs, [output])
    node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
    return node


class WrappedGraph:
    """An external graph with nodes before and after it.

    Parameters
    ----------
    model : ModelProto
        Copied; the copy has a free batch size.
    """

    def __init__(self, model: ModelProto) -> None:
        self._model = onnx.compose.add_prefix(model, PREFIX)
        del self._model.graph.value_info[:]
        for value in (*self._model.graph.input, *self._model.graph.output):
            if value.type.tensor_type.shape.dim:
                value.type.tensor_type.shape.dim[0].dim_param = "batch"
        self._before: list[NodeProto] = []
        self._after: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def constant(self, value: ArrayLike, dtype: type = np.float32) -> str:
        """Add a constant and return its name."""
        name = f"axiscope_constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def before(self, kind: str, *inputs: str, output: str = "", **attributes: int | list[int]) -> str:
        """Add a node that runs before the external graph, and return the name of its output."""
        name = output or f"axiscope_before_{len(self._before)}"
        self._before.append(_node(kind, inputs, name, attributes))
        return name

    def after(self, kind: str, *inputs: str, output: str = "", **attributes: int | list[int]) -> str:
        """Add a node that runs after the external graph, and return the name of its output."""
        name = output or f"axiscope_after_{len(self._after)}"
        self._after.append(_node(kind, inputs, name, attributes))
        return name

    def feed(self, tensor: str, value: onnx.ValueInfoProto) -> None:
        """Connect a tensor to the input ``value`` of the external graph, cast to its type."""
        self.before("Cast", tensor, output=PREFIX + value.name, to=value.type.tensor_type.elem_type)

    def build(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape | None]) -> bytes:
        """Return the serialised graph, without notes, with these ports; None leaves type and shape open."""

        def values(named: Mapping[str, Shape | None]) -> list[onnx.ValueInfoProto]:
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
        clear_notes(made)
        return bytes(made.SerializeToString())

    def run(self, name: str, rows: NDArray[np.float32], outputs: Iterable[str], what: str) -> dict[str, Array]:
        """Run the graph as wrapped so far, within the time limit of a trial.

        Parameters
        ----------
        name : str
            Name of its input.
        rows : float32 array of shape (3, ...)
        outputs : iterable of str
            Outputs of the external graph.
        what : {"encoder", "decoder"}
            Named in errors.

        Returns
        -------
        dict
            Array of each output.

        Raises
        ------
        InvalidInput
            If ONNX Runtime cannot load or run it, a run is ended, or outputs are not finite tensors.
        """
        graph = self.build({name: ("batch", *rows.shape[1:])}, {PREFIX + output: None for output in outputs})
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        with limited_run(what) as limits:
            try:
                session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
                names = [value.name.removeprefix(PREFIX) for value in session.get_outputs()]
                made = dict(zip(names, session.run(None, {name: rows}, limits), strict=True))
            except Exception as error:  # noqa: BLE001 - ONNX Runtime raises bare and private types
                raise InvalidInput(explain(error, what)) from None
        for output, array in made.items():
            if not isinstance(array, np.ndarray):
                raise InvalidInput(
                    f"got the output {output!r} of the {what}, which is not a tensor; allowed: tensors; export it "
                    "with tensors as outputs"
                )
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise InvalidInput(
                    f"got NaN or infinite numbers of the {what} for usual random inputs; allowed: finite numbers; "
                    "look for a division by 0, a logarithm or an overflow in it, or for weights that are NaN"
                )
        return made


def explain(error: Exception, what: str) -> str:
    """Return one sentence on an error of ONNX Runtime: what was found, what is allowed, what to do."""
    text = " ".join(str(error).split())
    if found := IR_VERSION_ERROR.search(text):
        return (
            f"got the {what} of ONNX IR version {found[1]}; allowed: up to {found[2]}; export it with an older onnx "
            f"package, or save it with model.ir_version = {found[2]}"
        )
    if found := OPSET_ERROR.search(text):
        return f"got the {what} of opset {found[1]}; allowed: up to {found[2]}; export it with opset_version={found[2]}"
    if found := OPERATOR_ERROR.search(text):
        operator = (found[1] or found[2]).split(":")[-1]
        return (
            f"got the {what} with the unknown operator {operator}; allowed: the standard operators of ONNX; export it "
            "with those"
        )
    message = runtime_message(error)
    if isinstance(error, MemoryError) or MEMORY.search(text):
        return (
            f"got the {what}, which needs more memory for {TRIAL_ROWS} inputs: {message}; allowed: 6 GiB; look for a "
            "constant shape that is too large, or export a smaller model"
        )
    action = "export it with a dynamic batch size" if SHAPE_ERROR.search(text) else "run it in ONNX Runtime alone first"
    return (
        f"got the {what}, which cannot be run on a batch of {TRIAL_ROWS}: {message}; allowed: batches of any size; "
        f"{action}"
    )

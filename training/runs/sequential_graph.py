"""ONNX graph of a network of plain layers, one after the other, written without the exporter of torch.

The exporter takes seconds of each process and of each network; all architectures here are sequences of the layers
below. A network with any other part has no graph here and is exported by torch (`training.runs.graphs`). The operators
and their attributes are those that the exporter writes (tests compare both).
Source: ONNX operators of opset 20, https://onnx.ai/onnx/operators/.
"""

from collections.abc import Sequence

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from models_zoo.json_types import JsonObject
from training.model.layers import GaussianHead

OPSET = 20
IR_VERSION = 10
BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d)
ELEMENTWISE = {nn.ReLU: "Relu", nn.Sigmoid: "Sigmoid"}
Arrays = dict[str, NDArray[np.float32] | NDArray[np.int64]]


def is_plain(network: nn.Module, example: Tensor) -> bool:
    """Return whether ``network`` is a sequence of layers, for inputs as ``example``, that `sequential_graph` writes."""
    if type(network) is not nn.Sequential or len(network) == 0:
        return False
    before, features = None, example
    for layer in network:
        if not isinstance(features, Tensor) or not _is_plain(layer, before, features.dim()):
            return False
        with torch.no_grad():
            before, features = layer, layer(features)
    return True


def _is_plain(layer: nn.Module, before: nn.Module | None, dimensions: int) -> bool:
    if type(layer) in BATCH_NORM and isinstance(layer, BATCH_NORM):
        follows = type(before) in (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
        return follows and layer.affine and layer.track_running_stats
    if type(layer) in (nn.Conv2d, nn.ConvTranspose2d) and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        of_images = dimensions == 4 and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        return of_images and (layer.groups == 1 or type(layer) is nn.Conv2d)
    if type(layer) in (nn.Linear, GaussianHead):
        return dimensions == 2
    if type(layer) is nn.Flatten:
        return (layer.start_dim, layer.end_dim) == (1, -1)
    if type(layer) is nn.Unflatten:
        return layer.dim == 1
    return type(layer) in ELEMENTWISE


def sequential_graph(
    network: nn.Sequential,
    prefix: str,
    example: Tensor,
    given: str,
    outputs: Sequence[str],
    *,
    logvar: float | None = None,
) -> onnx.ModelProto:
    """Return the graph of a plain network in evaluation mode, with each batch norm within the layer before it.

    Parameters
    ----------
    network : nn.Sequential
        On the CPU; `is_plain` must hold for ``example``.
    prefix : str
        Of the names of the weights: ``decoder`` for ``decoder.0.weight``.
    example : float32 tensor of shape (batch, ...)
        An input; the graph takes any number of rows.
    given : str
        Name of the input.
    outputs : sequence of str
        Names of the outputs: two if the last layer is a `GaussianHead`, else one.
    logvar : float, optional
        Constant that the second output of a last `GaussianHead` has in place of its own values.
    """
    nodes, tensors = [], []
    layers = list(network)
    last = max(index for index, layer in enumerate(layers) if type(layer) not in BATCH_NORM)
    value, features = given, example
    for index, (layer, following) in enumerate(zip(layers, [*layers[1:], None], strict=True)):
        with torch.no_grad():
            features = layer(features)
        if type(layer) in BATCH_NORM:
            continue
        name = f"{prefix}.{index}"
        constants = _constants(name, layer, following, features)
        tensors += [numpy_helper.from_array(array, constant) for constant, array in constants.items()]
        operator, attributes = _operator(layer)
        made = list(outputs) if index == last else [f"{name}.out"]
        nodes.append(helper.make_node(operator, [value, *constants], made, name, **attributes))
        value = made[0]
    if logvar is not None and isinstance(layers[last], GaussianHead):
        nodes[-1].output[1] = f"{prefix}.{last}.unused"
        tensors.append(numpy_helper.from_array(np.array(logvar, np.float32), "constant_logvar"))
        nodes.append(helper.make_node("Shape", [outputs[0]], ["shape_of_logvar"], f"{prefix}.shape", start=0))
        nodes.append(
            helper.make_node("Expand", ["constant_logvar", "shape_of_logvar"], [outputs[1]], f"{prefix}.logvar")
        )
    results = features if isinstance(features, tuple) else (features,)
    values = [_value(name, result) for name, result in zip(outputs, results, strict=True)]
    graph = helper.make_graph(nodes, "main_graph", [_value(given, example)], values, tensors)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, producer_name="axiscope", ir_version=IR_VERSION, opset_imports=opsets)


def _value(name: str, tensor: Tensor) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *tensor.shape[1:]])


def _constants(name: str, layer: nn.Module, following: nn.Module | None, made: Tensor) -> Arrays:
    """Return the constants of a layer's operator; the names of weights alone begin with that of the layer."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        weight, bias = _weights(layer, following if isinstance(following, BATCH_NORM) else None)
        return {f"{name}.weight": weight} if bias is None else {f"{name}.weight": weight, f"{name}.bias": bias}
    if isinstance(layer, nn.Flatten | nn.Unflatten):
        return {f"shape_of_{name}": np.array([-1, *made.shape[1:]], np.int64)}
    return {}


def _weights(
    layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, norm: nn.BatchNorm1d | nn.BatchNorm2d | None
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return weight and bias; with a batch norm s W and s (b - mean) + beta, where s = gamma / deviation."""
    weight, bias = layer.weight.detach(), None if layer.bias is None else layer.bias.detach()
    if norm is not None and norm.running_mean is not None and norm.running_var is not None:
        scale = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
        outputs = 1 if isinstance(layer, nn.ConvTranspose2d) else 0  # the axis of the weight
        weight = (weight.double() * scale.view([-1 if axis == outputs else 1 for axis in range(weight.dim())])).float()
        centred = (0.0 if bias is None else bias.double()) - norm.running_mean.double()
        bias = (scale * centred + norm.bias.detach().double()).float()
    return weight.numpy(), None if bias is None else bias.numpy()


def _operator(layer: nn.Module) -> tuple[str, JsonObject]:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        padding = [int(side) for side in layer.padding]
        window: JsonObject = {
            "auto_pad": "NOTSET",
            "dilations": layer.dilation,
            "group": layer.groups,
            "kernel_shape": layer.kernel_size,
            "pads": padding * 2,
            "strides": layer.stride,
        }
        if isinstance(layer, nn.Conv2d):
            return "Conv", window
        return "ConvTranspose", {**window, "output_padding": layer.output_padding}
    if isinstance(layer, nn.Linear):
        return "Gemm", {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 1}
    if isinstance(layer, GaussianHead):
        return "Split", {"axis": 1, "num_outputs": 2}
    if isinstance(layer, nn.Flatten | nn.Unflatten):
        return "Reshape", {"allowzero": 1}
    return ELEMENTWISE[type(layer)], {}

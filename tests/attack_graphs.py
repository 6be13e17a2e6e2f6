"""Decoders that behave for usual latents and attack whoever runs them where the first latent is large.

Each is latent (n, 3) -> image (n, 1, 8, 8); with them goes an encoder of the same sizes.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from backend.models.importing import ImportRequest, import_model

LATENTS, SIDE = 3, 8
FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
BASIS = np.random.default_rng(0).standard_normal((LATENTS, SIDE * SIDE)).astype(np.float32) / SIDE
ENDLESS = 2**60


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def values(**named):
    return [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in named.items()]


def _save(path, nodes, inputs, outputs, constants):
    tensors = [numpy_helper.from_array(np.array(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def write_encoder(path: Path) -> Path:
    nodes = [node("Reshape", "x flat", "pixels"), node("MatMul", "pixels basis", "mu")]
    ports = values(x=(FLOAT, ("n", 1, SIDE, SIDE))), values(mu=(FLOAT, ("n", LATENTS)))
    return _save(path, nodes, *ports, {"flat": np.array([-1, SIDE * SIDE]), "basis": BASIS.T.copy()})


def _write_decoder(path, attack, constants):
    """Image = Sigmoid(z @ BASIS + 0 * nothing); ``attack`` makes ``nothing`` from ``large``: whether max(z0) > 50."""
    nodes = [
        node("Gather", "z first", "column", axis=1),
        node("ReduceMax", "column", "most", keepdims=0),
        node("Greater", "most limit", "large"),
        *attack,
        node("Mul", "nothing zero", "zeroed"),
        node("MatMul", "z basis", "plain"),
        node("Add", "plain zeroed", "logits"),
        node("Sigmoid", "logits", "pixels"),
        node("Reshape", "pixels target", "out"),
    ]
    common = {
        "first": np.int64(0),
        "limit": np.float32(50),
        "zero": np.float32(0),
        "basis": BASIS,
        "target": np.array([-1, 1, SIDE, SIDE]),
    }
    ports = values(z=(FLOAT, ("n", LATENTS))), values(out=(FLOAT, ("n", 1, SIDE, SIDE)))
    return _save(path, nodes, *ports, common | constants)


def loop_node(trips: str, start: str, result: str):
    """A Loop that adds one ``trips`` times."""
    one = helper.make_tensor("step", FLOAT, [], [1.0])
    body = helper.make_graph(
        [node("Identity", "go", "going"), node("Add", "sum step", "more")],
        "body",
        values(i=(INT64, []), go=(BOOL, []), sum=(FLOAT, [])),
        values(going=(BOOL, []), more=(FLOAT, [])),
        [one],
    )
    return helper.make_node("Loop", [trips, "", start], [result], body=body)


def write_looping(path: Path) -> Path:
    """Loop once, or for ever."""
    attack = [node("Where", "large endless once", "trips"), loop_node("trips", "zero", "nothing")]
    return _write_decoder(path, attack, {"endless": np.int64(ENDLESS), "once": np.int64(1)})


def write_hungry(path: Path) -> Path:
    """Allocate 2 GiB: a shape that depends on the data."""
    attack = [
        node("Where", "large many few", "shape"),
        helper.make_node("ConstantOfShape", ["shape"], ["much"], value=helper.make_tensor("v", FLOAT, [1], [1.0])),
        node("ReduceMax", "much", "nothing", keepdims=0),
    ]
    return _write_decoder(path, attack, {"many": np.array([2**29]), "few": np.array([1])})


def write_stubborn(path: Path) -> Path:
    """Multiply large integer matrices: one operator that runs for long and cannot be ended from outside."""
    attack = [
        node("Where", "large side small", "shape"),
        helper.make_node("ConstantOfShape", ["shape"], ["a"], value=helper.make_tensor("v", INT64, [1], [3])),
        node("MatMul", "a a", "product"),
        node("ReduceMax", "product", "whole", keepdims=0),
        node("Cast", "whole", "nothing", to=FLOAT),
    ]
    return _write_decoder(path, attack, {"side": np.array([3000, 3000]), "small": np.array([1, 1])})


ATTACKS = {"looping": write_looping, "hungry": write_hungry, "stubborn": write_stubborn}


def import_attack(name: str, zoo: Path, work: Path) -> Path:
    """Import one of `ATTACKS` as a person would who trusts it; the entry's folder."""
    work.mkdir(parents=True, exist_ok=True)
    encoder, decoder = write_encoder(work / "encoder.onnx"), ATTACKS[name](work / "decoder.onnx")
    return import_model(ImportRequest(encoder, decoder, name, allow_loops=True), zoo)[0]

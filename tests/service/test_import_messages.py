"""Error messages of an import: what was found, what is allowed, what to do."""

import resource

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from backend.models.sandbox import CPU_SECONDS
from models_zoo.codec import MAX_MESSAGE_CHARACTERS, runtime_message
from models_zoo.errors import AxiscopeError
from tests.attack_graphs import ENDLESS, loop_node
from tests.service.test_import import LATENTS, PIXELS, SIDE, bring, converted, decoder, encoder, graph, node

IMAGE = ("n", 1, SIDE, SIDE)


def cpu_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def changed(path, change, make=decoder):
    model = onnx.load(make(path))
    change(model)
    onnx.save(model, path)
    return path


def of_newer_ir(path):
    return changed(path, lambda model: setattr(model, "ir_version", 99))


def of_newer_opset(path):
    return changed(path, lambda model: setattr(model.opset_import[0], "version", 99))


def of_unknown_domain(path):
    """Name the domain in a node only, not among the imports."""

    def change(model):
        model.graph.node[2].domain, model.graph.node[2].op_type = "evil", "Launch"

    return changed(path, change)


def of_unknown_operator(path):
    return changed(path, lambda model: setattr(model.graph.node[2], "op_type", "Launch"))


def with_nothing(path, nodes, constants):
    """Decoder that adds 0 times the scalar ``nothing`` of ``nodes``."""
    basis = np.ones((LATENTS, PIXELS), np.float32)
    constants = {"basis": basis, "zero": np.float32(0), "target": np.array([-1, 1, SIDE, SIDE])} | constants
    nodes = [
        *nodes,
        node("Mul", "nothing zero", "zeroed"),
        node("MatMul", "z basis", "plain"),
        node("Add", "plain zeroed", "logits"),
        node("Sigmoid", "logits", "pixels"),
        node("Reshape", "pixels target", "out"),
    ]
    return graph(path, nodes, {"z": ("n", LATENTS)}, {"out": IMAGE}, constants)


def of_huge_shape(path):
    nodes = [node("ReduceMax", "z", "one", keepdims=0), node("Expand", "one shape", "much")]
    nodes.append(node("ReduceMax", "much", "nothing", keepdims=0))
    return with_nothing(path, nodes, {"shape": np.array([2**35])})


def endless(path):
    return with_nothing(path, [loop_node("trips", "zero", "nothing")], {"trips": np.int64(ENDLESS)})


def of_nan(path):
    nodes = [node("Div", "zero zero", "nothing")]
    return with_nothing(path, nodes, {})


def of_rank_one(path):
    return decoder(path, latent=("d",))


def of_images(path):
    nodes = [node("Sigmoid", "z", "out")]
    return graph(path, nodes, {"z": IMAGE}, {"out": IMAGE}, {})


DECODERS = {
    "newer IR version": (of_newer_ir, "IR version 99; allowed: up to 1\\d; export it with an older onnx"),
    "newer opset": (of_newer_opset, "opset 99; allowed: up to 2\\d; export it with opset_version=2\\d"),
    "unknown domain": (of_unknown_domain, "needs operators of evil; allowed: the standard .*; export it"),
    "unknown operator": (of_unknown_operator, "unknown operator Launch; allowed: .*; export it"),
    "huge shape": (of_huge_shape, "needs more memory .*; allowed: 6 GiB; .*constant shape"),
    "NaN": (of_nan, "NaN or infinite .*; allowed: finite numbers; look for"),
    "rank one": (of_rank_one, "with 1 axes; allowed: 2 .*; export it with a batch axis"),
    "whole autoencoder": (of_images, "image and not a latent; allowed: two graphs.*; export the halves"),
    "a loop": (endless, "repeat a part of it \\(Loop\\).*--allow-loops"),
}


@pytest.mark.parametrize("name", DECODERS)
def test_an_invalid_decoder_is_refused_with_its_own_message(tmp_path, name):
    make, message = DECODERS[name]
    inspected = bring if name == "huge shape" else converted  # only the child process has a limit of memory
    with pytest.raises(AxiscopeError, match=message) as caught:
        inspected(tmp_path, encoder(tmp_path / "e.onnx"), make(tmp_path / "d.onnx"))
    assert "onnxruntime_src" not in caught.value.message
    if name != "huge shape":
        assert "dynamic batch" not in caught.value.message


@pytest.mark.slow
def test_an_endless_loop_that_is_allowed_is_ended_at_its_own_deadline(tmp_path):
    enc, dec = encoder(tmp_path / "e.onnx"), endless(tmp_path / "d.onnx")
    before = cpu_seconds_of_children()
    with pytest.raises(AxiscopeError, match=r"did not end within 5 s of CPU time .*endless loop"):
        bring(tmp_path, enc, dec, allow_loops=True)
    assert cpu_seconds_of_children() - before < CPU_SECONDS  # not the limit of the process: that of the run


def test_an_encoder_that_is_a_whole_autoencoder_or_takes_no_images_is_named(tmp_path):
    dec = decoder(tmp_path / "d.onnx")
    with pytest.raises(AxiscopeError, match="whole autoencoder; allowed: its first half"):
        converted(tmp_path, of_images(tmp_path / "e.onnx"), dec)
    nodes = [node("ReduceMean", "x", "mu", axes=[2, 3, 4], keepdims=0)]
    deep = graph(tmp_path / "e.onnx", nodes, {"x": ("n", LATENTS, 4, 4, 4)}, {"mu": ("n", LATENTS)}, {})
    with pytest.raises(AxiscopeError, match="with 5 axes; allowed: 2 to 4"):
        converted(tmp_path, deep, dec)


def inside_a_branch(model, inner):
    """Put ``inner`` nodes into a branch of an If that comes first."""
    result = helper.make_tensor_value_info("r", TensorProto.FLOAT, [])
    constants = [numpy_helper.from_array(np.int64(2), "trips"), numpy_helper.from_array(np.float32(0), "start")]
    branch = helper.make_graph([inner], "b", [], [result], constants)
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
    made = helper.make_node("If", ["yes"], ["unused"], then_branch=branch, else_branch=branch)
    model.graph.node.insert(0, made)


def loop_in_a_branch(path):
    return changed(path, lambda model: inside_a_branch(model, loop_node("trips", "start", "r")))


def loop_in_a_function(path):
    def change(model):
        nodes = [
            helper.make_node("Constant", [], ["start"], value=helper.make_tensor("v", TensorProto.FLOAT, [], [0.0])),
            helper.make_node("Constant", [], ["trips"], value=helper.make_tensor("t", TensorProto.INT64, [], [2])),
            loop_node("trips", "start", "r"),
        ]
        sets = [helper.make_opsetid("", 17)]
        model.functions.append(helper.make_function("own", "Repeat", [], ["r"], nodes, sets))
        model.opset_import.append(helper.make_opsetid("own", 1))
        model.graph.node.insert(0, helper.make_node("Repeat", [], ["unused"], domain="own"))

    return changed(path, change)


@pytest.mark.parametrize("make", [loop_in_a_branch, loop_in_a_function])
def test_loops_are_found_in_branches_and_functions(tmp_path, make):
    with pytest.raises(AxiscopeError, match="--allow-loops"):
        converted(tmp_path, encoder(tmp_path / "e.onnx"), make(tmp_path / "d.onnx"))
    converted(tmp_path, encoder(tmp_path / "e.onnx"), make(tmp_path / "d.onnx"), allow_loops=True)


def outside(name="v"):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    return tensor


def outside_in_a_function(path):
    def change(model):
        nodes = [helper.make_node("Constant", [], ["r"], value=outside())]
        model.functions.append(helper.make_function("own", "Read", [], ["r"], nodes, [helper.make_opsetid("", 17)]))
        model.opset_import.append(helper.make_opsetid("own", 1))

    return changed(path, change)


def outside_in_a_sparse_initialiser(path):
    def change(model):
        sparse = model.graph.sparse_initializer.add(dims=[4])
        sparse.values.CopyFrom(outside("sparse"))
        sparse.indices.CopyFrom(numpy_helper.from_array(np.array([0]), "places"))

    return changed(path, change)


def outside_in_a_sparse_attribute(path):
    def change(model):
        sparse = onnx.SparseTensorProto(values=outside(), dims=[4])
        sparse.indices.CopyFrom(numpy_helper.from_array(np.array([0]), "places"))
        model.graph.node.append(helper.make_node("Constant", [], ["unused"], sparse_value=sparse))

    return changed(path, change)


@pytest.mark.parametrize(
    "make", [outside_in_a_function, outside_in_a_sparse_initialiser, outside_in_a_sparse_attribute]
)
def test_weights_in_other_files_are_found_wherever_they_are_named(tmp_path, make):
    with pytest.raises(AxiscopeError, match="weights in other files"):
        converted(tmp_path, encoder(tmp_path / "e.onnx"), make(tmp_path / "d.onnx"))


def test_the_end_of_a_long_message_of_the_runtime_is_kept():
    place = "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::Arena(size_t, bool) "
    error = RuntimeError(
        "[ONNXRuntimeError] : 1 : FAIL : " + "a" * 500 + " Status Message: " + place + "only 5 bytes left"
    )
    message = runtime_message(error)
    assert message.startswith("aaa")
    assert message.endswith("only 5 bytes left")
    assert "onnxruntime" not in message
    assert len(message) <= MAX_MESSAGE_CHARACTERS + 5

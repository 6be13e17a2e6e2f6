"""Importing external graphs: many shapes of the same linear model, and graphs that must be refused."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from backend.cli import app as command
from backend.models.importing import ImportRequest, id_from, import_model
from backend.models.sandbox import inspect_graphs
from models_zoo.catalog import read_zoo_model
from models_zoo.codec import Codec
from models_zoo.errors import AxiscopeError, Conflict, InvalidInput
from models_zoo.manifest import NOISELESS_LOGVAR

SIDE, LATENTS = 8, 3
PIXELS = SIDE * SIDE
RNG = np.random.default_rng(0)
BASIS = RNG.standard_normal((PIXELS, LATENTS)).astype(np.float32) / SIDE
FLOAT = TensorProto.FLOAT


def graph(path, nodes, inputs, outputs, constants, *, kind=FLOAT, opset=17, domains=()):
    def values(named):
        return [helper.make_tensor_value_info(name, kind, shape) for name, shape in named.items()]

    made = helper.make_graph(
        nodes, "g", values(inputs), values(outputs), [numpy_helper.from_array(v, k) for k, v in constants.items()]
    )
    sets = [helper.make_opsetid("", opset), *[helper.make_opsetid(domain, 1) for domain in domains]]
    onnx.save(helper.make_model(made, opset_imports=sets, ir_version=9), path)
    return path


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def encoder(path, *, shape=("n", 1, SIDE, SIDE), outputs="mu logvar", spread="logvar", dtype=np.float32, flat_to=-1):
    """Code = pixels @ BASIS; spread is -2 as log-variance, whatever form it is given in."""
    values = {"logvar": -2.0, "std": np.exp(-1.0), "log_std": -1.0, "variance": np.exp(-2.0)}
    constants = {
        "shape": np.array([flat_to, PIXELS]),
        "basis": BASIS.astype(dtype),
        "spread": np.full(LATENTS, values[spread], dtype),
        "zero": np.zeros((), dtype),
    }
    nodes = [node("Reshape", "x shape", "flat"), node("MatMul", "flat basis", "mean_raw")]
    nodes += [node("Mul", "mean_raw zero", "nothing"), node("Add", "nothing spread", "spread_raw")]
    names = outputs.split()
    if len(names) == 2:
        nodes += [node("Identity", "mean_raw", names[0]), node("Identity", "spread_raw", names[1])]
        ports = dict.fromkeys(names, ("n", LATENTS))
    else:
        nodes.append(node("Concat", "mean_raw spread_raw", names[0], axis=1))
        ports = {names[0]: ("n", 2 * LATENTS)}
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return graph(path, nodes, {"x": shape}, ports, constants, kind=kind)


def decoder(path, *, latent=("n", LATENTS), out=("n", 1, SIDE, SIDE), last="Sigmoid"):
    """Image = last(4 * latent @ BASIS.T)."""
    target = [-1, *out[1:]]
    constants = {"flat": np.array([-1, LATENTS]), "basis": 4 * BASIS.T.copy(), "target": np.array(target)}
    nodes = [node("Reshape", "z flat", "zz"), node("MatMul", "zz basis", "logits")]
    nodes.append(node(last, "logits", "pixels"))
    nodes.append(node("Reshape", "pixels target", "out"))
    return graph(path, nodes, {"z": latent}, {"out": out}, constants)


def bring(tmp_path, enc, dec, **more):
    return import_model(ImportRequest(enc, dec, "My model", **more), tmp_path / "zoo")


def converted(tmp_path, enc, dec, *, allow_loops=False):
    """Folder of the converted graphs and notes, as `bring` has them from its child process, but of this process."""
    folder = tmp_path / "converted"
    folder.mkdir(exist_ok=True)
    paths = {"encoder": str(enc), "decoder": str(dec), "out": str(folder)}
    return folder, inspect_graphs({**paths, "pixels": "auto", "allow_loops": allow_loops})["notes"]


def codes_and_images(folder):
    codec = Codec(folder, device="cpu")
    images = RNG.random((5, SIDE, SIDE, 1), dtype=np.float32)
    mean, logvar = codec.encode(images)
    return images, mean, logvar, codec.decode(mean)


ENCODERS = {
    "channels first": {},
    "channels last": {"shape": ("n", SIDE, SIDE, 1)},
    "no channel axis": {"shape": ("n", SIDE, SIDE)},
    "flat": {"shape": ("n", PIXELS)},
    "one output": {"outputs": "params"},
    "names the other way round": {"outputs": "z_mean z_log_var"},
    "standard deviation": {"outputs": "loc scale", "spread": "std"},
    "log standard deviation": {"outputs": "mean log_std", "spread": "log_std"},
    "variance": {"outputs": "mu var", "spread": "variance"},
    "nameless outputs": {"outputs": "output_0 output_1"},
    "double precision": {"dtype": np.float64},
    "batch of one": {"shape": (1, 1, SIDE, SIDE)},
}
DECODERS = {
    "channels first": {},
    "channels last": {"out": ("n", SIDE, SIDE, 1)},
    "flat": {"out": ("n", PIXELS)},
    "latent as an image": {"latent": ("n", LATENTS, 1, 1)},
    "logits": {"last": "Identity"},
    "batch of one": {"latent": (1, LATENTS), "out": (1, 1, SIDE, SIDE)},
}


@pytest.mark.parametrize("name", ENCODERS)
def test_every_form_of_encoder_gives_the_same_codes(tmp_path, name):
    enc = encoder(tmp_path / "e.onnx", **ENCODERS[name])
    folder, _ = converted(tmp_path, enc, decoder(tmp_path / "d.onnx"))
    images, mean, logvar, _ = codes_and_images(folder)
    assert mean == pytest.approx(images.reshape(5, -1) @ BASIS, abs=1e-5)
    assert logvar == pytest.approx(np.full((5, LATENTS), -2.0), abs=1e-5)


@pytest.mark.parametrize("name", DECODERS)
def test_every_form_of_decoder_gives_the_same_images(tmp_path, name):
    dec = decoder(tmp_path / "d.onnx", **DECODERS[name])
    folder, _ = converted(tmp_path, encoder(tmp_path / "e.onnx"), dec)
    _, mean, _, decoded = codes_and_images(folder)
    expected = 1 / (1 + np.exp(-4 * mean @ BASIS.T))
    assert decoded.reshape(5, -1) == pytest.approx(expected, abs=1e-5)


def test_notes_of_an_exporter_which_name_folders_are_left_out(tmp_path):
    noted = onnx.load_model(encoder(tmp_path / "e.onnx"))
    noted.doc_string = noted.graph.node[0].doc_string = "/home/someone/train.py"
    noted.graph.node[1].metadata_props.add(key="stack_trace", value="/home/someone/train.py")
    onnx.save_model(noted, tmp_path / "e.onnx")
    folder, _ = bring(tmp_path, tmp_path / "e.onnx", decoder(tmp_path / "d.onnx"))
    assert b"someone" not in (folder / "encoder.onnx").read_bytes()


def test_tanh_pixels_are_mapped_and_the_encoder_then_takes_minus_one_to_one(tmp_path):
    dec = decoder(tmp_path / "d.onnx", last="Tanh")
    folder, notes = converted(tmp_path, encoder(tmp_path / "e.onnx"), dec)
    images, mean, _, decoded = codes_and_images(folder)
    assert mean == pytest.approx((2 * images.reshape(5, -1) - 1) @ BASIS, abs=1e-4)
    assert decoded.reshape(5, -1) == pytest.approx((np.tanh(4 * mean @ BASIS.T) + 1) / 2, abs=1e-5)
    assert any("symmetric" in note for note in notes)


def test_an_encoder_without_spread_is_noiseless(tmp_path):
    enc = graph(
        tmp_path / "e.onnx",
        [node("Reshape", "x shape", "flat"), node("MatMul", "flat basis", "code")],
        {"x": ("n", 1, SIDE, SIDE)},
        {"code": ("n", LATENTS)},
        {"shape": np.array([-1, PIXELS]), "basis": BASIS},
    )
    folder, notes = converted(tmp_path, enc, decoder(tmp_path / "d.onnx"))
    assert codes_and_images(folder)[2] == pytest.approx(NOISELESS_LOGVAR)
    assert any("noiseless" in note for note in notes)


def pickled(path):
    path.write_bytes(b"\x80\x04\x95cos\nsystem\n")
    return path


def truncated(path):
    decoder(path)
    path.write_bytes(path.read_bytes()[:150])
    return path


def with_external_data(path):
    model = onnx.load(decoder(path))
    onnx.save(model, path, save_as_external_data=True, location="../../weights.bin", size_threshold=0)
    return path


def with_escaping_location(path):
    model = onnx.load(decoder(path))
    tensor = next(each for each in model.graph.initializer if each.name == "basis")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    path.write_bytes(model.SerializeToString())
    return path


def two_inputs(path):
    shape = ("n", 1, SIDE, SIDE)
    return graph(path, [node("Add", "z noise", "out")], {"z": shape, "noise": shape}, {"out": shape}, {})


def custom_operator(path):
    nodes = [helper.make_node("Launch", ["z"], ["out"], domain="evil")]
    return graph(path, nodes, {"z": ("n", 3)}, {"out": ("n", 1, SIDE, SIDE)}, {}, domains=["evil"])


def not_an_image(path):
    return graph(path, [node("Identity", "z", "out")], {"z": ("n", LATENTS)}, {"out": ("n", LATENTS)}, {})


def open_latents(path):
    return decoder(path, latent=("n", "d"))


BAD_DECODERS = {
    "pickle": (pickled, "not a complete ONNX"),
    "truncated": (truncated, "not a complete ONNX"),
    "weights outside": (with_escaping_location, "other files"),
    "two inputs": (two_inputs, "exactly one"),
    "custom operator": (custom_operator, "operators of evil"),
    "not an image": (not_an_image, "two graphs that belong together"),
    "open latents": (open_latents, "number of latents"),
}


@pytest.mark.parametrize("name", BAD_DECODERS)
def test_an_invalid_graph_is_refused_with_its_reason(tmp_path, name):
    make, message = BAD_DECODERS[name]
    with pytest.raises(AxiscopeError, match=message):
        converted(tmp_path, encoder(tmp_path / "e.onnx"), make(tmp_path / "d.onnx"))


def test_the_child_process_refuses_with_the_same_words_and_leaves_nothing_behind(tmp_path):
    with pytest.raises(InvalidInput, match="two graphs that belong together"):
        bring(tmp_path, encoder(tmp_path / "e.onnx"), not_an_image(tmp_path / "d.onnx"))
    assert list((tmp_path / "zoo").iterdir()) == []


def test_an_encoder_of_another_size_is_refused(tmp_path):
    small = graph(
        tmp_path / "e.onnx",
        [node("Flatten", "x", "mu")],
        {"x": ("n", 1, 4, 4)},
        {"mu": ("n", 16)},
        {},
    )
    with pytest.raises(InvalidInput, match="two graphs that belong together"):
        converted(tmp_path, small, decoder(tmp_path / "d.onnx"))


def test_an_encoder_whose_batch_is_built_in_is_refused_with_the_fix(tmp_path):
    fixed = encoder(tmp_path / "e.onnx", shape=(1, 1, SIDE, SIDE), flat_to=1)
    with pytest.raises(InvalidInput, match="dynamic batch size"):
        converted(tmp_path, fixed, decoder(tmp_path / "d.onnx"))


def test_a_name_that_is_taken_is_a_conflict_unless_it_may_be_replaced(tmp_path):
    pair = encoder(tmp_path / "e.onnx"), decoder(tmp_path / "d.onnx")
    folder, _ = bring(tmp_path, *pair)
    assert read_zoo_model(folder).problem is None
    with pytest.raises(Conflict, match="my-model"):
        bring(tmp_path, *pair)
    bring(tmp_path, *pair, replace=True)


def test_ids_are_made_from_names():
    assert id_from("My Model (v2)!") == "my-model-v2"
    assert id_from("../../etc") == "etc"
    assert id_from("???") == "model"


def test_the_command_imports_with_statistics_of_the_data_set(tmp_path, monkeypatch, demo_zoo):
    monkeypatch.setenv("AXISCOPE_HOME", str(tmp_path))
    source = demo_zoo / "demo-disc"
    arguments = ["import", "--encoder", str(source / "encoder.onnx"), "--decoder", str(source / "decoder.onnx")]
    done = CliRunner().invoke(command, [*arguments, "--name", "Disc again", "--dataset", "dsprites", "--json"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["id"] == "disc-again"
    manifest = read_zoo_model(tmp_path / "zoo" / "disc-again").manifest
    assert manifest.dataset == "dsprites"
    assert manifest.statistics_rows == 5000
    assert abs(manifest.statistics[0].correlations["posX"]) > 0.8
    assert manifest.reconstruction["images"] == 1000

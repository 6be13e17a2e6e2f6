import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models_zoo.catalog import find_zoo_model, list_zoo_models, recipes
from models_zoo.codec import Codec
from models_zoo.errors import DamagedFile, InvalidInput, NotFound
from models_zoo.manifest import Manifest, Provenance, check_id, read_manifest, record_files, set_view, write_manifest

SIDE, LATENTS = 8, 3


def save_graph(path, nodes, inputs, outputs, weights):
    graph = helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(v, k) for k, v in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


@pytest.fixture
def zoo(tmp_path):
    """One linear model: mean = W x, logvar = 0, image = sigmoid(V z)."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "zoo" / "linear"
    folder.mkdir(parents=True)
    w = rng.standard_normal((SIDE * SIDE, LATENTS)).astype(np.float32)
    save_graph(
        folder / "encoder.onnx",
        [
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["mean"]),
            helper.make_node("Sub", ["mean", "mean"], ["logvar"]),
        ],
        [floats("image", "batch", 1, SIDE, SIDE)],
        [floats("mean", "batch", LATENTS), floats("logvar", "batch", LATENTS)],
        {"w": w},
    )
    save_graph(
        folder / "decoder.onnx",
        [
            helper.make_node("MatMul", ["latent", "v"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["image"]),
        ],
        [floats("latent", "batch", LATENTS)],
        [floats("image", "batch", 1, SIDE, SIDE)],
        {"v": np.ascontiguousarray(w.T), "shape": np.array([-1, 1, SIDE, SIDE])},
    )
    manifest = Manifest(
        id="linear",
        name="Linear",
        latents=LATENTS,
        image_shape=(SIDE, SIDE, 1),
        files=record_files(folder, ("encoder.onnx", "decoder.onnx")),
        provenance=Provenance(created_at="2026-01-01T00:00:00+00:00", axiscope_version="0"),
    )
    write_manifest(folder, manifest)
    return tmp_path / "zoo", w


def test_the_codec_computes_what_the_graphs_say(zoo):
    folder, w = zoo
    images = np.random.default_rng(1).integers(0, 256, (5, SIDE, SIDE, 1), dtype=np.uint8)
    codec = Codec(folder / "linear")
    mean, logvar = codec.encode(images)
    np.testing.assert_allclose(mean, images.reshape(5, -1) / 255 @ w, rtol=1e-4, atol=1e-4)
    assert (logvar == 0).all()
    decoded = codec.decode(mean)
    assert decoded.shape == (5, SIDE, SIDE, 1)
    np.testing.assert_allclose(decoded.reshape(5, -1), 1 / (1 + np.exp(-(mean @ w.T))), rtol=1e-4, atol=1e-5)


def test_a_sound_entry_is_listed_and_found(zoo):
    folder, _ = zoo
    (entry,) = list_zoo_models(folder)
    assert entry.problem is None
    assert find_zoo_model([folder], "linear").manifest == entry.manifest
    with pytest.raises(NotFound, match="allowed: linear"):
        find_zoo_model([folder], "other")


def change_manifest(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda f: (f / "manifest.json").unlink(), "without manifest.json"),
        (lambda f: (f / "manifest.json").write_text("{"), "Invalid JSON"),
        (lambda f: change_manifest(f, schema_version=99), "of schema 99; allowed: up to 1"),
        (lambda f: change_manifest(f, latents=0), "latents: Input should be greater than or equal to 1"),
        (lambda f: change_manifest(f, id="else"), "whose manifest is of 'else'"),
        (lambda f: (f / "decoder.onnx").unlink(), "without decoder.onnx"),
        (lambda f: (f / "decoder.onnx").write_bytes((f / "decoder.onnx").read_bytes()[:-9]), "as the manifest lists"),
        (lambda f: (f / "decoder.onnx").write_bytes(b"x" * (f / "decoder.onnx").stat().st_size), "was altered"),
        (lambda f: change_manifest(f, files={}), "whose manifest lists no encoder.onnx"),
    ],
)
def test_a_broken_entry_is_listed_with_its_reason(zoo, break_it, reason):
    folder, _ = zoo
    break_it(folder / "linear")
    (entry,) = list_zoo_models(folder)
    assert entry.manifest is None
    assert reason in entry.problem


def test_a_truncated_graph_is_a_damaged_file(zoo):
    folder, _ = zoo
    path = folder / "linear" / "decoder.onnx"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedFile, match=r"linear/decoder.onnx, which cannot be loaded"):
        Codec(folder / "linear")


@pytest.mark.parametrize("name", ["", "../up", "Upper", ".hidden", "a/b", "x" * 81])
def test_an_id_that_cannot_be_a_folder_is_refused(name):
    with pytest.raises(InvalidInput, match="model id: got"):
        check_id(name)


def test_there_are_recipes_for_the_bundled_models():
    assert {"dsprites-annealed", "dsprites-vae", "shapes3d-vae"} <= {path.stem for path in recipes()}


def test_a_model_keeps_the_view_that_it_opens_with(zoo):
    folder = zoo[0] / "linear"
    set_view(folder, "?image=7&focus=2&tab=hinton&z=0.1,-0.25,0")
    assert find_zoo_model([zoo[0]], "linear").manifest.view == "image=7&focus=2&tab=hinton&z=0.1,-0.25,0"


@pytest.mark.parametrize("view", ["tab=<script>", "focus=1 2", "focus", "a=b&&c=d", "a=" + "b" * 600, "a=b\n"])
def test_what_is_no_view_is_refused_and_changes_nothing(zoo, view):
    folder = zoo[0] / "linear"
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(InvalidInput, match="copy what follows"):
        set_view(folder, view)
    assert (folder / "manifest.json").read_bytes() == before
    assert read_manifest(folder).view == ""

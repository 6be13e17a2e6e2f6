"""Limits count pixels: large images are refused where small ones are not, and others are served meanwhile."""

import io
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from backend.formats.arrays import images_json
from backend.models.importing import ImportRequest, import_model
from tests.demo_zoo import write_entry
from tests.service.attacked_service import running

SIDE, LATENTS = 256, 10
SHAPE = ("n", 3, SIDE, SIDE)
MiB = 1024**2
MOST = 16 * MiB // (SIDE * SIDE * 3)
MODEL = {"model": "large"}


def save(path, nodes, ports, constants):
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]
        for named in ports
    )
    graph = helper.make_graph(
        nodes, "g", inputs, outputs, [numpy_helper.from_array(v, k) for k, v in constants.items()]
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def import_large(home):
    """Model of 256 x 256 RGB images: grey by the sum of the latents; codes are ten times the mean."""
    ones = {"ones": np.ones((LATENTS, 1), np.float32), "grey": np.ones((1, 3, SIDE, SIDE), np.float32)}
    nodes = [
        helper.make_node("MatMul", ["z", "ones"], ["sum"]),
        helper.make_node("Reshape", ["sum", "scalar"], ["level"]),
        helper.make_node("Sigmoid", ["level"], ["pixel"]),
        helper.make_node("Mul", ["pixel", "grey"], ["out"]),
    ]
    constants = ones | {"scalar": np.array([-1, 1, 1, 1])}
    decoder = save(home / "d.onnx", nodes, ({"z": ("n", LATENTS)}, {"out": SHAPE}), constants)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["mean", "column"], ["level"]),
        helper.make_node("MatMul", ["level", "row"], ["mu"]),
    ]
    constants = {"column": np.array([-1, 1]), "row": np.ones((1, LATENTS), np.float32)}
    encoder = save(home / "e.onnx", nodes, ({"x": SHAPE}, {"mu": ("n", LATENTS)}), constants)
    import_model(ImportRequest(encoder, decoder, "large"), home / "zoo")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    home = tmp_path_factory.mktemp("pixels")
    write_entry(home / "zoo", "demo-disc")
    import_large(home)
    # reading the JSON of the largest traversal stops the other client, a thread of this process, for many seconds
    with running(home, AXISCOPE_REQUEST_SECONDS="120") as service:
        assert (
            service.send("POST", "/decode", {**MODEL, "latents": [[0.0] * LATENTS]}, {"Accept": "image/png"})[0] == 200
        )
        yield service


def test_the_limits_of_a_model_have_the_number_of_its_images_in_a_request(service):
    limits = service.send("GET", "/api/v1/models/large")[1]["limits"]
    assert limits["values"] == 16 * MiB
    assert limits["images"] == MOST == 85
    assert service.send("GET", "/api/v1/models/demo-disc")[1]["limits"]["images"] == 512


@pytest.mark.parametrize(
    "body", [{"dims": [0] * 10, "steps": 101}, {"dims": list(range(10)), "steps": 101}, {"dims": [0, 0], "steps": 2}]
)
def test_a_traversal_of_too_many_pixels_or_of_one_latent_twice_is_refused(service, body):
    with service.serving_others(100 * MiB):
        status, problem, _ = service.send("POST", "/api/v1/traverse", {**MODEL, **body})
    assert status == 422
    assert problem["errors"][0]["pointer"] == "/dims"
    twice = len(set(body["dims"])) < len(body["dims"])
    assert ("a latent twice" if twice else "allowed for images of (256, 256, 3): 85") in problem["detail"]


@pytest.mark.parametrize("query", ["dims=0,0,0", "dims=0,1,2,3,4,5,6,7,8,9&steps=101"])
def test_a_figure_of_too_many_pixels_is_refused(service, query):
    with service.serving_others(100 * MiB):
        assert service.send("GET", f"/api/v1/models/large/figures/traversal?{query}")[0] == 422


def test_a_decode_and_a_reconstruction_of_too_many_pixels_are_refused(service):
    stream = io.BytesIO()
    np.save(stream, np.zeros((MOST + 1, SIDE, SIDE, 3), np.uint8))
    headers = {"Content-Type": "application/x-npy"}
    with service.serving_others(200 * MiB):
        status, problem, _ = service.send("POST", "/decode", {**MODEL, "latents": [[0.0] * LATENTS] * (MOST + 1)})
        assert (status, problem["errors"][0]["allowed"]) == (422, MOST)
        for path in ("/encode", "/api/v1/reconstruct"):
            assert service.send("POST", f"{path}?model=large", stream.getvalue(), headers)[0] == 422


@pytest.mark.slow
@pytest.mark.parametrize("accept", ["application/json", "image/png", "application/x-npy"])
def test_the_largest_traversal_runs_in_bounded_memory(service, accept):
    body = {**MODEL, "dims": list(range(5)), "steps": MOST // 5}
    with service.serving_others(900 * MiB):
        status, answer, _ = service.send("POST", "/api/v1/traverse", body, {"Accept": accept})
    assert status == 200
    assert len(answer) > 0


def test_a_sheet_is_no_wider_than_its_pictures(service):
    with service.serving_others(200 * MiB):
        body = {**MODEL, "latents": [[0.0] * LATENTS] * 2, "columns": 512}
        assert service.send("POST", "/decode", body, {"Accept": "image/png"})[0] == 200


def test_images_are_written_one_by_one_as_the_same_json():
    images = np.random.default_rng(0).random((2, 3, 4, 4, 1), dtype=np.float32)
    assert json.loads(images_json(images)) == np.round(images.astype(np.float64), 6).tolist()

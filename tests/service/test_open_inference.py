"""Open Inference Protocol by the client of another project against a running service, and by an attacker."""

import json
import re
import struct

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from models_zoo.codec import Codec
from tests.demo_zoo import write_zoo
from tests.service.attacked_service import running

DECODER, ENCODER = "demo-disc:decoder", "demo-disc:encoder"
POINT = [[0.5, -0.5, 1.0, 0.0, 0.0, 0.0], [0.0] * 6]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    write_zoo(home / "zoo")
    return home


@pytest.fixture(scope="module")
def service(home):
    with running(home, AXISCOPE_BODY_BYTES=str(2**20), AXISCOPE_BATCH="100") as service:
        yield service


@pytest.fixture
def client(service):
    with triton.InferenceServerClient(service.host) as client:
        yield client


@pytest.fixture
def plain(service):
    with httpx.Client(base_url=f"http://{service.host}") as plain:
        yield plain


def tensor(name, array, *, binary):
    made = triton.InferInput(name, list(array.shape), "FP32")
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def test_the_client_sees_the_service_and_its_models(client, home):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    found = client.get_model_metadata(ENCODER)
    assert found["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 1, 64, 64]}]
    assert [each["name"] for each in found["outputs"]] == ["mean", "logvar"]
    assert client.is_model_ready(DECODER)
    assert client.is_model_ready(DECODER, found["versions"][0])
    assert not client.is_model_ready("demo-truncated:decoder")
    assert not client.is_model_ready(DECODER, "other")
    with pytest.raises(InferenceServerException, match="allowed: the id of a model with :encoder or :decoder"):
        client.get_model_metadata("demo-disc")


@pytest.mark.parametrize("binary", [True, False], ids=["bytes", "JSON"])
def test_the_client_decodes_and_encodes_as_the_graphs_do(client, home, binary):
    codec = Codec(home / "zoo" / "demo-disc", device="cpu")
    latents = np.array(POINT, np.float32)
    answer = client.infer(
        DECODER,
        [tensor("latent", latents, binary=binary)],
        outputs=[triton.InferRequestedOutput("image", binary_data=binary)],
        request_id="seven",
    )
    assert answer.get_response()["id"] == "seven"
    images = answer.as_numpy("image")
    expected = codec.decode(latents)
    np.testing.assert_allclose(images, expected.transpose(0, 3, 1, 2), atol=0 if binary else 1e-6)
    images = np.ascontiguousarray(expected.transpose(0, 3, 1, 2))
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in ("logvar", "mean")]
    answer = client.infer(ENCODER, [tensor("image", images, binary=binary)], outputs=wanted)
    assert [each["name"] for each in answer.get_response()["outputs"]] == ["logvar", "mean"]
    for name, codes in zip(("mean", "logvar"), codec.encode(expected), strict=True):
        np.testing.assert_allclose(answer.as_numpy(name), codes, atol=1e-6)


def test_a_request_written_from_the_specification_is_answered(plain):
    flat = {"name": "latent", "shape": [2, 6], "datatype": "FP32", "data": [x for row in POINT for x in row]}
    version = plain.get(f"/v2/models/{DECODER}").json()["versions"][0]
    answers = [
        plain.post(f"/v2/models/{DECODER}/versions/{version}/infer", json={"inputs": [given]}).json()
        for given in (flat, flat | {"data": POINT})
    ]
    assert answers[0] == answers[1]
    (image,) = answers[0]["outputs"]
    assert (image["shape"], image["datatype"]) == ([2, 1, 64, 64], "FP32")
    body = {"model": "demo-disc", "latents": POINT}
    same = plain.post("/decode", json=body, headers={"Accept": "application/json"}).json()["images"]
    np.testing.assert_array_equal(np.array(image["data"]), np.array(same).transpose(0, 3, 1, 2))
    head = json.dumps({"inputs": [{"name": "latent", "shape": [1, 6], "datatype": "FP32", "parameters": {
        "binary_data_size": 24}}]}).encode()  # fmt: skip
    answer = plain.post(
        f"/v2/models/{DECODER}/infer",
        content=head + struct.pack("<6f", *POINT[0]),
        headers={"Inference-Header-Content-Length": str(len(head)), "Content-Type": "application/octet-stream"},
    )
    np.testing.assert_array_equal(answer.json()["outputs"][0]["data"][0], image["data"][0])


def request(**changes):
    return {"inputs": [{"name": "latent", "shape": [1, 6], "datatype": "FP32", "data": [0.0] * 6} | changes]}


REFUSED = [
    (422, "allowed: \\[n, 6\\]", request(shape=[10**9, 10**9])),
    (422, "got data of shape \\(6,\\); allowed: 6000000000 numbers", request(shape=[10**9, 6])),
    (422, "allowed: \\[n, 6\\]", request(shape=[-1, 6])),
    (422, "allowed: \\[n, 6\\]", request(shape=[0, 6], data=[])),
    (422, "allowed: \\[n, 6\\]", request(shape=[6])),
    (422, "shape", request(shape=[1] * 9)),
    (422, "shape", request(shape=[1, 2**70])),
    (422, "got datatype 'FP64'; allowed: FP32", request(datatype="FP64")),
    (422, "datatype", request(datatype="X" * 5000)),
    (422, "got data of shape \\(5,\\); allowed: 6 numbers", request(data=[0.0] * 5)),
    (422, "got data of shape", request(data=[[[0.0]] * 6])),
    (422, "ragged", request(data=[[0.0], [0.0, 1.0]])),
    (422, "other values than numbers", request(data=["a"] * 6)),
    (422, "allowed: -1e6 to 1e6", request(data=[1e7] + [0.0] * 5)),
    (422, "allowed: 100", request(shape=[101, 6], data=[0.0] * 606)),
    (422, "with no data", {"inputs": [{"name": "latent", "shape": [1, 6], "datatype": "FP32"}]}),
    (422, "allowed: latent", {"inputs": request()["inputs"] * 2}),
    (422, "allowed: latent", request(name="image")),
    (422, "got outputs mean; allowed: image", request() | {"outputs": [{"name": "mean"}]}),
    (422, "each once", request() | {"outputs": [{"name": "image"}] * 2}),
    (422, "binary_data_size = 24, 0 bytes", request(data=None, parameters={"binary_data_size": 24})),
    (422, "binary_data_size = True", request(data=None, parameters={"binary_data_size": True})),
    (422, "Extra inputs are not permitted", request() | {"surprise": 1}),
]


@pytest.mark.parametrize(("status", "message", "body"), REFUSED)
def test_what_does_not_fit_is_refused_in_the_form_of_the_protocol(plain, status, message, body):
    answer = plain.post(f"/v2/models/{DECODER}/infer", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert re.search(message, answer.json()["error"]), answer.json()


RAW = [
    b"[" * 100_000,
    b'{"inputs":' * 20_000,
    b'{"inputs":[{"name":"latent","shape":[1,6],"datatype":"FP32","data":[NaN,0,0,0,0,0]}]}',
    b'{"inputs":[{"name":"latent","shape":[1,6],"datatype":"FP32","data":[1e999,0,0,0,0,0]}]}',
    b'{"inputs":[{"name":"latent","shape":[1,6],"datatype":"FP32","data":[' + b"9" * 5000 + b",0,0,0,0,0]}]}",
    b'{"inputs":[{"name":"latent","shape":[1,6],"datatype":"FP32","data":' + b"[" * 5000 + b"]" * 5000 + b"}]}",
    b"\xff\xfe",
    b"",
]


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
def test_a_body_that_is_no_request_is_refused(plain, body):
    answer = plain.post(f"/v2/models/{DECODER}/infer", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert list(answer.json()) == ["error"]


def test_wrong_lengths_not_finite_bytes_and_large_bodies_are_refused(plain):
    head = json.dumps(request(data=None, parameters={"binary_data_size": 24})).encode().replace(b'"data": null, ', b"")

    def post(content, length, kind="application/octet-stream"):
        headers = {"Inference-Header-Content-Length": str(length), "Content-Type": kind}
        answer = plain.post(f"/v2/models/{DECODER}/infer", content=content, headers=headers)
        return answer.status_code, answer.json()["error"]

    size = len(head)
    assert "finite" in post(head + struct.pack("<6f", float("nan"), 0, 0, 0, 0, 0), size)[1]
    assert "20 bytes behind" in post(head + bytes(20), size)[1]
    for length in (size + 25, -1, "x", "9" * 30, ""):
        status, error = post(head + bytes(24), length)
        assert (status, "Inference-Header-Content-Length" in error) == (422, True)
    assert post(head + bytes(24), size, "text/plain")[0] == 415
    assert post(head + bytes(2**20), size)[0] == 413


def test_every_error_has_the_form_of_the_protocol(plain):
    for answer in (
        plain.get("/v2/models/demo-truncated:decoder"),
        plain.get("/v2/nothing"),
        plain.get("/v2/models/nothing:decoder", headers={"Accept": "text/html"}),
        plain.delete("/v2/health/live"),
        plain.post("/v2/models/..%2f..%2fetc:decoder/infer", json=request()),
        plain.get("/v2", headers={"Host": "evil.example"}),
        plain.post(f"/v2/models/{DECODER}/infer", json=request(), headers={"Origin": "http://evil.example"}),
    ):
        assert answer.status_code in (403, 404, 405, 409)
        assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v2/health/ready", None),
        ("GET", "/v2/models/m:decoder", "read"),
        ("POST", "/v2/models/m:decoder/infer", "infer"),
        ("POST", "/v2/models/m:decoder/versions/1/infer", "infer"),
        ("POST", "/v2/repository/index", "admin"),
    ],
)
def test_each_path_needs_the_scope_of_its_kind(method, path, scope):
    from backend.http.auth import needed_scope

    assert needed_scope(method, path) == scope

"""Models that arrive over HTTP: what was found, what is kept, and what is refused and leaves nothing."""

import base64
import io
import threading

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from backend.app import create_app
from backend.http.auth import needed_scope
from backend.routes.imports import GRAPH_BYTES
from backend.settings import Settings
from tests.service.test_import import SIDE, decoder, encoder, graph, node

PATH = "/api/v1/models"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, bundled_zoo=home / "none", device="cpu")
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        client.home = home
        yield client


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graphs")
    return {"encoder": encoder(folder / "e.onnx").read_bytes(), "decoder": decoder(folder / "d.onnx").read_bytes()}


def send(client, graphs, *, dry_run=False, **texts):
    query = "?dry_run=true" if dry_run else ""
    return client.post(PATH + query, files=graphs, data={"name": "My model", **texts})


def left(client) -> list[str]:
    """Names of everything that imports left in zoo and cache."""
    folders = (client.home / "zoo", client.home / "cache" / "imports")
    return sorted(path.name for folder in folders if folder.is_dir() for path in folder.iterdir())


def test_a_dry_run_says_what_was_found_with_pictures_and_keeps_nothing(client, graphs):
    before = left(client)
    answer = send(client, graphs, dry_run=True, name="Only seen")
    found = answer.json()
    assert answer.status_code == 200, found
    assert (found["id"], found["latents"], found["image_shape"]) == ("only-seen", 3, [SIDE, SIDE, 1])
    assert "nchw" in " ".join(found["notes"])
    assert not found["exists"]
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["preview"]))))
    assert picture.shape == (SIDE, 8 * (SIDE + 2) - 2)
    assert picture.std() > 0
    assert left(client) == before


def test_an_imported_model_decodes_and_its_id_is_taken_until_it_is_replaced(client, graphs):
    others = left(client)
    made = send(client, graphs)
    assert made.status_code == 201, made.json()
    assert made.headers["location"] == f"{PATH}/my-model"
    assert left(client) == sorted([*others, "my-model"])
    decoded = client.post("/decode", json={"model": "my-model", "latents": [[0, 0, 0]]})
    assert decoded.status_code == 200
    refused = send(client, graphs)
    assert refused.status_code == 409
    assert send(client, graphs, replace="true").json()["exists"] is True
    assert left(client) == sorted([*others, "my-model"])


def test_of_two_imports_of_one_name_at_once_one_is_kept_and_the_other_refused(client, graphs):
    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(send(client, graphs, name="Both").status_code)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409]
    assert "both" in left(client)


def broken(tmp_path, kind: str) -> bytes:
    if kind == "operator":
        made = graph(
            tmp_path / "g.onnx", [node("Nonesuch", "x", "mu")], {"x": ("n", 1, SIDE, SIDE)}, {"mu": ("n", 3)}, {}
        )
    elif kind == "nan":
        made = graph(
            tmp_path / "g.onnx",
            [node("Reshape", "x shape", "flat"), node("MatMul", "flat basis", "mu")],
            {"x": ("n", 1, SIDE, SIDE)},
            {"mu": ("n", 3)},
            {"shape": np.array([-1, SIDE * SIDE]), "basis": np.full((SIDE * SIDE, 3), np.nan, np.float32)},
        )
    else:
        return b"no graph"
    return made.read_bytes()


@pytest.mark.parametrize(
    ("kind", "words"), [("operator", "Nonesuch"), ("nan", "NaN"), ("text", "not a complete ONNX file")]
)
def test_a_bad_graph_is_refused_with_the_reason_and_leaves_nothing(client, graphs, tmp_path, kind, words):
    before = left(client)
    answer = send(client, {**graphs, "encoder": broken(tmp_path, kind)}, name="Bad")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert left(client) == before


@pytest.mark.parametrize(
    ("texts", "status", "pointer"),
    [
        ({"id": "../../etc/cron.d/x"}, 422, None),
        ({"name": ""}, 422, "/name"),
        ({"pixels": "blue"}, 422, "/pixels"),
        ({"dataset": "nonesuch"}, 422, "/dataset"),
        ({"data_set": "path=/etc"}, 422, "/data_set"),
        ({"dataset": "own", "data_set": "path=/etc"}, 422, "/data_set/path"),
        ({"replace": "perhaps"}, 422, "/replace"),
        ({"image_shape": "big"}, 422, None),
        ({"unknown": "x"}, 422, "body"),
        ({"name": "x" * 3000}, 413, "/name"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_bad_option_is_refused_at_its_place(client, graphs, texts, status, pointer):
    before = left(client)
    answer = send(client, graphs, **texts)
    assert answer.status_code == status, answer.json()
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert left(client) == before


def test_bodies_that_are_too_large_or_end_early_are_refused_and_leave_nothing(client, graphs):
    before = left(client)
    request = client.build_request("POST", PATH, files=graphs, data={"name": "x"})
    body, kind = request.read(), request.headers["content-type"]
    large = client.post(
        PATH, content=b"", headers={"Content-Type": kind, "Content-Length": str(2 * GRAPH_BYTES + 2**21)}
    )
    assert large.status_code == 413
    assert client.post(PATH, content=body[: len(body) // 2], headers={"Content-Type": kind}).status_code == 422
    assert client.post(PATH, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    assert send(client, {"encoder": graphs["encoder"]}).json()["errors"][0]["pointer"] == "/decoder"
    assert left(client) == before


def test_an_import_needs_the_scope_to_train():
    assert needed_scope("POST", PATH) == "train"

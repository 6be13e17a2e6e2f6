"""The clients against a real service; expected arrays are those of the model's graphs, run here."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from axiscope import AsyncClient, Client, JobFailed, ServiceError
from models_zoo.codec import Codec
from models_zoo.errors import InvalidInput, Unavailable
from tests.jobs.programs import RUN

SPEC = {**RUN, "steps": 20, "architecture": "mlp1200"}


@pytest.fixture(scope="module")
def codec(service):
    return Codec(service.home / "zoo" / "demo-disc", device="cpu")


@pytest.fixture(scope="module")
def images(codec):
    latents = np.random.default_rng(0).uniform(-1, 1, (5, 6)).astype(np.float32)
    return codec.decode(latents).clip(0, 1)


def test_models_are_typed_and_every_page_is_read(client, monkeypatch):
    monkeypatch.setattr("axiscope.calls.PAGE", 2)
    models = client.models(sort="-id")
    assert [model.id for model in models] == [
        "demo-truncated",
        "demo-room-mixed",
        "demo-room",
        "demo-disc-mixed",
        "demo-disc",
    ]
    assert [model.id for model in client.models(dataset="shapes3d", state="ready", q="mixed")] == ["demo-room-mixed"]
    assert client.model("demo-disc").limits.images == 512
    assert client.model("demo-disc").statistics[0].best_factor == "posX"


@pytest.mark.parametrize("batch", [2, 64])
def test_codes_and_images_are_those_of_the_graphs(client, codec, images, batch):
    mean, logvar = codec.encode(images)
    posterior = client.encode("demo-disc", images, batch=batch)
    np.testing.assert_allclose(posterior.mean, mean, atol=1e-6)
    np.testing.assert_allclose(posterior.logvar, logvar, atol=1e-6)
    decoded = client.decode("demo-disc", mean.tolist(), batch=batch)
    np.testing.assert_allclose(decoded, codec.decode(mean), atol=1e-6)
    assert decoded.dtype == np.float32


def test_pixels_and_indices_are_encoded_too(client, codec, images):
    pixels = np.round(images * 255).astype(np.uint8)
    np.testing.assert_allclose(client.encode("demo-disc", pixels).mean, codec.encode(pixels)[0], atol=1e-6)
    both = client.encode("demo-disc", indices=[0, 700_000])
    parts = client.encode("demo-disc", indices=[0, 700_000], batch=1)
    np.testing.assert_allclose(both.mean, parts.mean, atol=1e-6)
    with pytest.raises(InvalidInput, match="one of them"):
        client.encode("demo-disc", images, indices=[0])


def test_a_traversal_moves_one_latent_at_a_time(client, codec, images):
    base = codec.encode(images[:1])[0][0]
    points = np.tile(base, (2, 3, 1))
    points[0, :, 0] = points[1, :, 2] = [-1, 0, 1]
    expected = codec.decode(points.reshape(6, -1)).reshape(2, 3, 64, 64, 1)
    for given in ({"latents": base}, {"image": images[0]}):
        frames = client.traverse("demo-disc", **given, dims=[0, 2], range=(-1, 1), steps=3)
        np.testing.assert_allclose(frames, expected, atol=1e-5)


def test_scores_are_those_of_the_zoo(client):
    rows = {row.metric: row for row in client.metrics(["demo-disc"], details=True)}
    assert rows["mig"].value == pytest.approx(0.57)
    assert rows["mig"].interval == pytest.approx((0.55, 0.59))
    assert len(rows["mig"].details["mutual_information"]) == 6
    assert [row.model for row in client.metrics(metrics=["sap"])] == sorted(
        ["demo-disc", "demo-disc-mixed", "demo-room", "demo-room-mixed"]
    )


def test_latents_are_found_over_all_models(client):
    found = client.latents(factor="posX", leak_below=0.1, dataset="dsprites")
    assert [(row.model, row.latent) for row in found] == [("demo-disc", 0)]
    assert client.latents(q="posX leak<.1 demo-disc") == found


def test_a_refusal_is_an_error_with_the_problem_document(client):
    with pytest.raises(ServiceError, match="demo-dics") as caught:
        client.model("demo-dics")
    assert caught.value.status == 404
    with pytest.raises(ServiceError, match=r"got latents of shape \(1, 5\)") as caught:
        client.decode("demo-disc", np.zeros((1, 5)))
    assert (caught.value.status, caught.value.allowed) == (422, "(n, 6)")
    assert caught.value.problem["type"] == "/docs/problems/invalid-input"


def test_a_service_that_is_not_there_is_named_with_the_remedy():
    with Client("http://127.0.0.1:9") as nowhere, pytest.raises(Unavailable, match="axiscope up"):
        nowhere.models()


def test_the_token_is_sent_and_an_answer_of_another_server_is_explained():
    received = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            received.append(self.headers["Authorization"])
            self.send_error(403)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}"
        with Client(address, token="axs_mine") as client, pytest.raises(ServiceError, match="an Axiscope service"):
            client.models()
        server.shutdown()
    assert received == ["Bearer axs_mine"]


def test_a_cancelled_job_ends_the_wait_with_its_state(client):
    job = client.submit("train", {**SPEC, "steps": 1_000_000})
    with pytest.raises(TimeoutError, match="the job goes on"):
        client.wait(job, timeout=0)
    client.cancel(job)
    with pytest.raises(JobFailed, match="cancelled") as caught:
        client.wait(job, poll_seconds=0.1)
    assert caught.value.job.state == "cancelled"


def test_the_asynchronous_client_has_the_same_operations(address, codec, images):
    async def both():
        async with AsyncClient(address) as client:
            posterior, models = await asyncio.gather(client.encode("demo-disc", images), client.models())
            return posterior, models, await client.decode("demo-disc", posterior.mean)

    posterior, models, decoded = asyncio.run(both())
    np.testing.assert_allclose(posterior.mean, codec.encode(images)[0], atol=1e-6)
    np.testing.assert_allclose(decoded, codec.decode(posterior.mean), atol=1e-6)
    assert len(models) >= 5


def test_the_asynchronous_client_waits_and_streams_without_blocking(address):
    async def cancel_while_waiting():
        async with AsyncClient(address) as client:
            job = await client.submit("train", {**SPEC, "steps": 1_000_000})
            waiting = asyncio.create_task(client.wait(job, poll_seconds=0.1))
            await client.cancel(job)
            with pytest.raises(JobFailed):
                await waiting
            return [event.kind async for event in client.events(job)]

    assert asyncio.run(cancel_while_waiting())[-1] == "cancelled"

"""What the tests of inference share: points, and requests in the formats of the interface."""

import io

import numpy as np
from PIL import Image

ZERO = [0.0] * 6
POINT = [0.5, -0.5, 1.0, 0.0, 0.0, 0.0]


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def decode(client, latents, accept="application/x-npy", model="demo-disc"):
    return client.post("/decode", json={"model": model, "latents": latents}, headers={"Accept": accept})


def images(client, latents, **more):
    return np.load(io.BytesIO(decode(client, latents, **more).content))


def png(array):
    stream = io.BytesIO()
    Image.fromarray((array * 255).round().astype(np.uint8).squeeze()).save(stream, "PNG")
    return stream.getvalue()

"""Encode, decode, traverse and reconstruct, without blocking the event loop."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from onnxruntime import RunOptions

from backend.catalog.datasets import pick
from backend.catalog.opened_datasets import Datasets
from backend.formats.arrays import (
    Floats,
    Numbers,
    check_count,
    check_finite,
    check_images,
    check_latents,
    from_bytes,
    from_lists,
)
from backend.formats.pictures import from_base64, to_array
from backend.inference.batching import MAX_ROWS, Runner
from backend.inference.codecs import CodecCache
from backend.models.registry import Registry
from backend.schemas.inference import EncodeRequest, TraverseRequest
from backend.settings import Settings
from models_zoo.catalog import ZooModel
from models_zoo.codec import Codec
from models_zoo.errors import InvalidInput, TooLarge
from models_zoo.manifest import Manifest

T = TypeVar("T")
FRAMES_PER_BATCH = 10
VALUES_PER_RUN = 64 * 128 * 128 * 3


def _finite(images: Floats) -> Floats:
    if not np.isfinite(images).all():
        raise InvalidInput(
            "got latents for which the decoder gives no finite image; allowed: latents with one; move nearer to 0",
            field="/latents",
        )
    return images


def rows_per_run(manifest: Manifest) -> int:
    """Return the images of one run of a model: fewer large ones, for about equal time and memory of a run."""
    return max(1, min(MAX_ROWS, VALUES_PER_RUN // math.prod(manifest.image_shape)))


def _spans(request: TraverseRequest, manifest: Manifest, dims: Sequence[int]) -> Floats:
    """Return the values (dims, steps) of the moved latents."""
    if request.sigma is not None:
        if not manifest.statistics:
            raise InvalidInput(
                "got sigma for a model without latent statistics; allowed: range; send range instead of sigma",
                field="/sigma",
            )
        chosen = [manifest.statistics[d] for d in dims]
        ends = [(s.mean - request.sigma * s.std, s.mean + request.sigma * s.std) for s in chosen]
    else:
        ends = [request.range or (-2.0, 2.0)] * len(dims)
    low, high = np.array(ends).T
    values: Floats = np.linspace(low, high, request.steps, axis=1).astype(np.float32)
    check_finite(values, "/range")
    return values


def _dims(request: TraverseRequest, manifest: Manifest, limit: int) -> list[int]:
    dims = list(range(manifest.latents)) if request.dims is None else request.dims
    for place, d in enumerate(dims):
        if not 0 <= d < manifest.latents:
            raise InvalidInput(f"got latent {d}; allowed: 0 to {manifest.latents - 1}", field=f"/dims/{place}")
    if len(set(dims)) < len(dims):
        raise InvalidInput(f"got a latent twice in {dims[:20]}; allowed: each once; leave it out", field="/dims")
    if len(dims) * request.steps > limit:
        raise TooLarge(
            f"got {len(dims)} x {request.steps} frames; allowed for images of {manifest.image_shape}: {limit}; move "
            "fewer latents, or send fewer steps",
            field="/dims",
            allowed=limit,
        )
    return dims


@dataclass(frozen=True)
class InferenceService:
    """Inference with the models of the zoo, on the threads of the runner."""

    registry: Registry
    datasets: Datasets
    codecs: CodecCache
    runner: Runner
    settings: Settings

    async def find(self, model_id: str) -> tuple[ZooModel, Manifest]:
        """Return a usable model and its manifest; the database is read on a thread, at the first call only."""
        cached = self.registry.cached(model_id)
        if cached is not None and cached.manifest is not None:
            return cached, cached.manifest
        return await asyncio.to_thread(self.registry.usable, model_id)

    async def codec_of(self, model: ZooModel, manifest: Manifest) -> Codec:
        """Return the codec of a model; one that is not loaded is read on a thread.

        Raises
        ------
        DamagedFile
            If its graphs cannot be loaded.
        """
        key = (model.id, manifest.version)
        loaded = self.codecs.peek(key)
        return loaded if loaded is not None else await asyncio.to_thread(self.codecs.get, key, model.folder)

    async def run_decoder(self, model: ZooModel, manifest: Manifest, rows: Floats, finish: Callable[[Floats], T]) -> T:
        """Decode checked latents (n, D) and return ``finish(images)``, both on a model thread.

        Raises
        ------
        InvalidInput
            If an image is not finite.
        Overdue, OutOfMemory
        """
        codec = await self.codec_of(model, manifest)
        key = (model.id, manifest.version, "decode")
        max_rows = rows_per_run(manifest)
        return await self.runner.map(key, codec.decode, rows, lambda images: finish(_finite(images)), max_rows=max_rows)

    async def decode(
        self, model_id: str, latents: Numbers, finish: Callable[[Floats, Manifest], T], field: str = "/latents"
    ) -> T:
        """Decode latents (n, D) and return ``finish(images, manifest)``, both on a model thread.

        Raises
        ------
        InvalidInput
            For a wrong shape or a value that is not allowed.
        """
        model, manifest = await self.find(model_id)
        rows = check_latents(latents, manifest.latents, self.settings.max_images(manifest.image_shape), field)
        return await self.run_decoder(model, manifest, rows, lambda images: finish(images, manifest))

    def read_images(self, manifest: Manifest, images: Sequence[object], fit: str, field: str = "/images") -> Floats:
        """Convert nested lists or base64 pictures to float32 (n, height, width, channels)."""
        limit = self.settings.max_images(manifest.image_shape)
        check_count(len(images), limit, field)
        if isinstance(images[0], str):
            files = []
            for index, text in enumerate(images):
                if not isinstance(text, str):
                    message = (
                        "got both strings and lists; allowed: either base64 strings or nested lists; send one kind"
                    )
                    raise InvalidInput(message, field=f"{field}/{index}")
                files.append(from_base64(text, f"{field}/{index}"))
            return self.read_pictures(manifest, files, fit, field)
        return check_images(from_lists(images, field), manifest.image_shape, limit, field)

    def read_pictures(self, manifest: Manifest, files: Sequence[bytes], fit: str, field: str) -> Floats:
        """Convert image files to float32 (n, height, width, channels)."""
        shape, limit = manifest.image_shape, self.settings.image_pixels
        pictures = [to_array(data, shape, fit, limit, f"{field}/{index}") for index, data in enumerate(files)]
        return from_bytes(np.stack(pictures))

    async def dataset_images(self, manifest: Manifest, indices: Sequence[int]) -> Floats:
        """Return float32 images of the data set that the model was trained on, by index."""
        check_count(len(indices), self.settings.max_images(manifest.image_shape), "/indices")
        if any(not -(2**62) < index < 2**62 for index in indices):
            raise InvalidInput(f"got an index beyond {2**62}; allowed: indices of the data set", field="/indices")
        dataset = await asyncio.to_thread(  # not on a thread that runs models: it may wait for a child process
            self.datasets.of_model, manifest.dataset, manifest.dataset_settings, manifest.id
        )
        if tuple(dataset.image_shape) != manifest.image_shape:
            raise InvalidInput(
                f"got images of {manifest.dataset} of shape {dataset.image_shape}; allowed: {manifest.image_shape}, "
                "as the model takes; send images"
            )
        return await self.runner.call(lambda: from_bytes(pick(dataset, np.array(indices, np.int64))))

    async def request_images(self, manifest: Manifest, request: EncodeRequest) -> Floats:
        """Return the images that a request carries or refers to."""
        if request.indices is not None:
            return await self.dataset_images(manifest, request.indices)
        return await self.runner.call(self.read_images, manifest, request.images or [], request.fit)

    async def encode(self, model: ZooModel, manifest: Manifest, images: Floats) -> tuple[Floats, Floats]:
        """Return posterior mean and log-variance, float32 (n, latents), of checked images."""
        codec = await self.codec_of(model, manifest)

        def both(images: Floats, options: RunOptions) -> Floats:
            return np.stack(codec.encode(images, options), 1)

        key = (model.id, manifest.version, "encode")
        codes = await self.runner.map(key, both, images, lambda codes: codes, max_rows=rows_per_run(manifest))
        mean, logvar = codes[:, 0], codes[:, 1]
        if not (np.isfinite(mean).all() and np.isfinite(logvar).all()):
            raise InvalidInput(
                "got images for which the encoder gives no finite code; allowed: images with one; send others",
                field="/images",
            )
        return mean, logvar

    async def _base(self, model: ZooModel, manifest: Manifest, request: TraverseRequest) -> Floats:
        if request.latents is not None:
            point: Floats = check_latents(np.array([request.latents]), manifest.latents, 1)[0]
            return point
        if request.index is not None:
            images = await self.dataset_images(manifest, [request.index])
        elif request.image is not None:
            images = await self.runner.call(self.read_images, manifest, [request.image], "exact", "/image")
        else:
            return np.zeros(manifest.latents, np.float32)
        mean, _ = await self.encode(model, manifest, images)
        base: Floats = mean[0]
        return base

    async def traverse(self, request: TraverseRequest) -> tuple[Manifest, Floats, list[int], Floats, Floats]:
        """Move latents one at a time.

        Returns
        -------
        manifest, base (D,), dims, values (dims, steps), frames (dims, steps, H, W, C)
        """
        model, manifest = await self.find(request.model)
        settings = self.settings
        if request.steps > settings.steps:
            message = f"got {request.steps} steps; allowed: up to {settings.steps}; send fewer"
            raise TooLarge(message, field="/steps", allowed=settings.steps)
        dims = _dims(request, manifest, settings.max_images(manifest.image_shape, settings.batch * FRAMES_PER_BATCH))
        values = _spans(request, manifest, dims)
        base = await self._base(model, manifest, request)
        points = np.tile(base, (len(dims), request.steps, 1))
        for row, d in enumerate(dims):
            points[row, :, d] = values[row]
        flat = check_latents(points.reshape(-1, manifest.latents), manifest.latents, len(dims) * request.steps)
        max_rows = rows_per_run(manifest)  # one after the other, so that requests of a slider run in between
        parts = [
            await self.run_decoder(model, manifest, flat[start : start + max_rows], lambda images: images)
            for start in range(0, len(flat), max_rows)
        ]
        frames = np.concatenate(parts).reshape(len(dims), request.steps, *manifest.image_shape)
        return manifest, base, dims, values, frames

    async def reconstruct(self, model: ZooModel, manifest: Manifest, images: Floats) -> tuple[Floats, Floats]:
        """Return codes (n, D) and their decoded images (n, H, W, C)."""
        mean, _ = await self.encode(model, manifest, images)
        return mean, await self.run_decoder(model, manifest, mean, lambda images: images)

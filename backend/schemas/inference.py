"""Documents of encode, decode, traverse and reconstruct."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from backend.schemas.base import Document

Vector = list[float]
Picture = list[list[list[float]]]


class EncodeRequest(Document):
    """Images to encode, or indices of images of the model's data set."""

    model: str
    images: list[Any] | None = Field(
        None,
        description="nested lists (N, H, W, C) in [0, 1], or base64 PNG strings",
        min_length=1,
        json_schema_extra={
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"type": "string", "contentEncoding": "base64"}},
                {"type": "array", "minItems": 1, "items": {"type": "array", "items": {"type": "array"}}},
                {"type": "null"},
            ]
        },
    )
    indices: list[int] | None = Field(None, description="images of the model's data set", min_length=1)
    fit: Literal["exact", "cover", "stretch"] = Field(
        "exact", description="treatment of an image of another size: refuse, crop to the middle, or stretch"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.images is None) == (self.indices is None):
            raise ValueError("got both or neither of images and indices; allowed: one of them; send one")
        return self


class EncodeAnswer(Document):
    """Posterior of each image."""

    model: str
    mu: list[Vector]
    logvar: list[Vector]


class DecodeRequest(Document):
    """Latent points to decode."""

    model: str
    latents: list[Vector] = Field(min_length=1, description="(N, latents)")
    columns: int | None = Field(None, ge=1, le=512, description="images in a row of a PNG of several images")


class DecodeAnswer(Document):
    """Decoded images."""

    model: str
    images: list[Picture] = Field(description="(N, H, W, C) in [0, 1]")


class TraverseRequest(Document):
    """One image or latent point, and the latents to move."""

    model: str
    latents: Vector | None = Field(None, description="base point; the origin when neither image nor index is given")
    image: Any = Field(
        None,
        description="base image: nested lists (H, W, C) in [0, 1] or a base64 PNG",
        json_schema_extra={
            "anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "array"}, {"type": "null"}]
        },
    )
    index: int | None = Field(None, ge=0, description="base image: index in the model's data set")
    dims: list[int] | None = Field(None, min_length=1, description="latents to move, in this order; all by default")
    range: tuple[float, float] | None = Field(None, description="absolute values of the latent, from and to")
    sigma: float | None = Field(None, gt=0, le=10, description="mean -+ sigma standard deviations of the aggregate")
    steps: int = Field(10, ge=2, description="frames of one row")

    @model_validator(mode="after")
    def _one_base_and_span(self) -> Self:
        if sum(value is not None for value in (self.latents, self.image, self.index)) > 1:
            raise ValueError("got more than one of latents, image and index; allowed: one of them; send one")
        if self.range is not None and self.sigma is not None:
            raise ValueError("got both range and sigma; allowed: one of them; send one")
        return self


class TraverseAnswer(Document):
    """Frames of a traversal."""

    model: str
    base: Vector
    dims: list[int]
    values: list[Vector] = Field(description="(dims, steps): value of the moved latent")
    frames: list[list[Picture]] = Field(description="(dims, steps, H, W, C) in [0, 1]")


class ReconstructAnswer(Document):
    """Originals, reconstructions and errors."""

    model: str
    mu: list[Vector]
    squared_error: Vector = Field(description="sum over pixels of the squared difference, per image")
    mean_absolute_error: Vector
    original: list[Picture]
    reconstruction: list[Picture]

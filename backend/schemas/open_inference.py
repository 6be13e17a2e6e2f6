"""Documents of the Open Inference Protocol, version 2.

Source: https://github.com/kserve/open-inference-protocol
"""

from typing import Any, Literal

from pydantic import Field

from backend.schemas.base import Document

Parameters = dict[str, str | int | float | bool]


class ServerMetadata(Document):
    """Name, version and extensions of the service."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(Document):
    """Whether the process answers."""

    live: bool


class ServerReady(Document):
    """Whether the service can run models."""

    ready: bool


class ModelReady(Document):
    """Whether a model can be run."""

    name: str
    ready: bool


class TensorMetadata(Document):
    """Name, type and shape of a tensor; -1 stands for any number of rows."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(Document):
    """Tensors of a model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class InputTensor(Document):
    """Tensor of a request: ``data``, or with the parameter ``binary_data_size`` bytes behind the JSON."""

    name: str = Field(max_length=80)
    shape: list[int] = Field(min_length=1, max_length=8)
    datatype: str = Field(max_length=20)
    parameters: Parameters = Field(default_factory=dict)
    data: list[Any] | None = Field(None, description="numbers in row-major order, flat or nested")


class OutputRequest(Document):
    """Output that a request names."""

    name: str = Field(max_length=80)
    parameters: Parameters = Field(default_factory=dict)


class InferRequest(Document):
    """Tensors to run a model on."""

    id: str | None = Field(None, max_length=200, description="returned with the answer")
    parameters: Parameters = Field(default_factory=dict)
    inputs: list[InputTensor] = Field(min_length=1, max_length=8)
    outputs: list[OutputRequest] | None = Field(None, max_length=8, description="all by default")


class OutputTensor(Document):
    """Tensor of an answer."""

    name: str
    shape: list[int]
    datatype: Literal["FP32"]
    parameters: Parameters | None = None
    data: list[Any] | None = None


class InferAnswer(Document):
    """Outputs of a model."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class InferenceError(Document):
    """Form of every error below ``/v2``."""

    error: str

"""Tensors of the Open Inference Protocol: which a model has, how a request carries them, how an answer does.

Source: https://github.com/kserve/open-inference-protocol (specification/protocol/inference_rest.md and
extension_binary_data.md). A model M of the zoo is two models, ``M:encoder`` and ``M:decoder``, with the tensors of its
ONNX files, so that a client works with any other server of these files too.
"""

import math
from collections.abc import Sequence

import numpy as np
from pydantic_core import to_json

from backend.formats.arrays import Floats, Numbers, from_lists, images_json
from backend.schemas.open_inference import InferRequest, InputTensor, TensorMetadata
from models_zoo.errors import InvalidInput, NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest

PARTS = ("encoder", "decoder")
FLOAT = "FP32"
BINARY_SIZE = "binary_data_size"
LITTLE = np.dtype("<f4")


def split_name(name: str) -> tuple[str, str]:
    """Return id and part of a name such as ``dsprites-vae:encoder``.

    Raises
    ------
    NotFound
        For any other name.
    """
    model_id, _, part = name.rpartition(":")
    if not model_id or part not in PARTS:
        raise NotFound(f"got model {name[:120]!r}; allowed: the id of a model with :encoder or :decoder behind it")
    return model_id, part


def tensors(manifest: Manifest, part: str) -> tuple[TensorMetadata, list[TensorMetadata]]:
    """Return the input and the outputs of a part."""
    height, width, channels = manifest.image_shape
    image = TensorMetadata(name="image", datatype=FLOAT, shape=[-1, channels, height, width])
    codes = [
        TensorMetadata(name=name, datatype=FLOAT, shape=[-1, manifest.latents]) for name in ("mean", "logvar", "latent")
    ]
    return (image, codes[:2]) if part == "encoder" else (codes[2], [image])


def read_outputs(request: InferRequest, known: Sequence[TensorMetadata]) -> dict[str, bool]:
    """Return the outputs to send, by name, and whether each is sent as bytes behind the JSON.

    Raises
    ------
    InvalidInput
        For an output that the model does not have, or one that is named twice.
    """
    names = [each.name for each in known]
    default = request.parameters.get("binary_data_output") is True
    if not request.outputs:
        return dict.fromkeys(names, default)
    wanted = [each.name for each in request.outputs]
    if not set(wanted) <= set(names) or len(set(wanted)) < len(wanted):
        raise InvalidInput(
            f"got outputs {', '.join(wanted)[:120]}; allowed: {', '.join(names)}, each once", field="/outputs"
        )
    return {each.name: each.parameters.get("binary_data", default) is True for each in request.outputs}


def read_input(request: InferRequest, known: TensorMetadata, binary: bytes) -> Numbers:
    """Return the input of a request in its shape; the number of rows and the values are not checked.

    Parameters
    ----------
    request : InferRequest
    known : TensorMetadata
        Input of the model.
    binary : bytes
        What follows the JSON of the request.

    Raises
    ------
    InvalidInput
        For another name, type or shape, or data that do not fit the shape.
    """
    names = ", ".join(each.name for each in request.inputs)
    if len(request.inputs) != 1 or names != known.name:
        raise InvalidInput(f"got inputs {names[:120]}; allowed: {known.name}", field="/inputs", allowed=known.name)
    given = request.inputs[0]
    if given.datatype != known.datatype:
        raise InvalidInput(
            f"got datatype {given.datatype!r}; allowed: {FLOAT}", field="/inputs/0/datatype", allowed=FLOAT
        )
    if len(given.shape) != len(known.shape) or given.shape[1:] != known.shape[1:] or given.shape[0] < 1:
        allowed = f"[n, {', '.join(map(str, known.shape[1:]))}], n at least 1"
        raise InvalidInput(f"got shape {given.shape}; allowed: {allowed}", field="/inputs/0/shape", allowed=allowed)
    return _binary(given, binary) if BINARY_SIZE in given.parameters else _listed(given, binary)


def _binary(given: InputTensor, binary: bytes) -> Numbers:
    needed = math.prod(given.shape) * LITTLE.itemsize
    size = given.parameters[BINARY_SIZE]
    if given.data is not None or isinstance(size, bool) or size != len(binary) or size != needed:
        raise InvalidInput(
            f"got {BINARY_SIZE} = {size}, {len(binary)} bytes behind the JSON and a shape {given.shape} of {needed} "
            f"bytes; allowed: three equal numbers, and no data beside them",
            field=f"/inputs/0/parameters/{BINARY_SIZE}",
        )
    return np.frombuffer(binary, LITTLE).reshape(given.shape)


def _listed(given: InputTensor, binary: bytes) -> Numbers:
    if given.data is None or binary:
        raise InvalidInput(
            f"got an input with {'no data' if given.data is None else 'data'} and {len(binary)} bytes behind the JSON; "
            f"allowed: data alone, or bytes with the parameter {BINARY_SIZE}",
            field="/inputs/0/data",
        )
    array = from_lists(given.data, "/inputs/0/data")
    count = math.prod(given.shape)
    if array.shape not in {tuple(given.shape), (count,)}:
        raise InvalidInput(
            f"got data of shape {array.shape}; allowed: {count} numbers, flat or nested as {given.shape}",
            field="/inputs/0/data",
        )
    return array.reshape(given.shape)


def write_answer(answer: JsonObject, outputs: dict[str, Floats], binary: dict[str, bool]) -> tuple[bytes, int | None]:
    """Return the body of an answer, and the length of its JSON where bytes follow it.

    Parameters
    ----------
    answer : dict
        Name, version and id.
    outputs : dict of str to float32 array
        By name, in the order of the answer.
    binary : dict of str to bool
        Which are sent as bytes.
    """
    heads, behind = [], []
    for name, array in outputs.items():
        head: JsonObject = {"name": name, "shape": list(array.shape), "datatype": FLOAT}
        if binary[name]:
            content = np.ascontiguousarray(array, LITTLE).tobytes()
            behind.append(content)
            heads.append(to_json({**head, "parameters": {BINARY_SIZE: len(content)}}))
        else:
            heads.append(to_json(head)[:-1] + b',"data":' + images_json(array) + b"}")
    document = to_json(answer)[:-1] + b',"outputs":[' + b",".join(heads) + b"]}"
    return document + b"".join(behind), len(document) if behind else None

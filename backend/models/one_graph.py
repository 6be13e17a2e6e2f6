"""A whole autoencoder in one ONNX graph, cut at its latent into encoder and decoder."""

from collections.abc import Mapping

import onnx
from onnx import ModelProto, NodeProto
from onnx.utils import Extractor

from backend.models.graphs import dimensions, only_input
from models_zoo.errors import InvalidInput


def _size(value: onnx.ValueInfoProto) -> int | None:
    """Return the numbers that a tensor has for one image; None if they are not fixed."""
    size = 1
    for dim in dimensions(value)[1:]:
        if dim is None:
            return None
        size *= dim
    return size


def _depends(makers: Mapping[str, NodeProto], output: str, source: str, cut: str | None = None) -> bool:
    """Return whether ``output`` is computed from ``source`` by a way that does not pass ``cut``."""
    waiting, seen = [output], {cut, ""}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        if name == source:
            return True
        seen.add(name)
        waiting += makers[name].input if name in makers else ()
    return False


def split(model: ModelProto) -> tuple[ModelProto, ModelProto]:
    """Return encoder and decoder of a graph from image to image.

    The latent is the narrowest tensor that every way from the input to the reconstruction passes; of several the
    first. Noise that is added before it falls away: the encoder ends at mean and log-variance where the graph has
    them as outputs, else at the latent itself.

    Raises
    ------
    InvalidInput
        If no output has the size of the input, no such tensor is there, or the latent is sampled and its mean is no
        output.
    """
    model = onnx.shape_inference.infer_shapes(model)
    source = only_input(model, "autoencoder")
    makers = {name: node for node in model.graph.node for name in node.output}
    pictures = [each for each in model.graph.output if _size(each) == _size(source)]
    if not pictures:
        raise InvalidInput(
            f"got a graph without an output of the {_size(source)} numbers of its input; allowed: from image to "
            "reconstruction; export one of these, or encoder and decoder as two files"
        )
    picture = pictures[0]
    values = {value.name: value for value in (*model.graph.value_info, *model.graph.output)}
    order = [name for node in model.graph.node for name in node.output if name in values]
    found = [
        (size, place, name)
        for place, name in enumerate(order)
        if len(dimensions(values[name])) == 2
        and (size := _size(values[name]))
        and _depends(makers, name, source.name)
        and not _depends(makers, picture.name, source.name, cut=name)
    ]
    if not found:
        raise InvalidInput(
            "got a graph without a tensor (batch, latents) on every way from image to reconstruction; allowed: "
            "exactly one; export encoder and decoder as two files"
        )
    width, _, latent = min(found)
    codes = [each.name for each in model.graph.output if each is not picture and _size(each) in (width, 2 * width)]
    noise = {name for node in model.graph.node if node.op_type.startswith("Random") for name in node.output}
    if not codes and any(_depends(makers, latent, name) for name in noise):
        raise InvalidInput(
            f"got a graph whose latent {latent!r} is sampled, and whose outputs lack its mean; allowed: graphs "
            "without noise; export the graph in evaluation mode, or with mean and log-variance as outputs"
        )
    cut = Extractor(model)
    return cut.extract_model([source.name], codes or [latent]), cut.extract_model([latent], [picture.name])

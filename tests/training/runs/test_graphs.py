"""Graphs that are written here, against those of torch's exporter and against torch itself."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from models_zoo.codec import Codec
from training.model.layers import GaussianHead
from training.model.vae import VAE
from training.registry import ARCHITECTURES
from training.runs.graphs import export_graphs, measure_parity
from training.runs.sequential_graph import is_plain

SHAPES = ((64, 64, 3), (128, 128, 1))


def make_model(architecture, shape=(64, 64, 3), latents=4):
    """A network in which every batch norm has seen something."""
    torch.manual_seed(0)
    return after_training(VAE(architecture, shape, latents))


def after_training(model):
    """Give every batch norm of a model statistics and weights as if it had seen something."""
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.add_(torch.rand_like(buffer))
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.2)
            nn.init.normal_(layer.bias, 0, 0.2)
    return model.eval()


def operators(path):
    """Operators with their attributes and the shapes of their weights, in order.

    Without changes of shape: torch's exporter writes one twice before a ReLU in place.
    """
    graph = onnx.load_model(path).graph
    weights = {each.name: list(each.dims) for each in graph.initializer}
    return [
        (
            node.op_type,
            {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute if each.name != "beta"},
            [weights[name] for name in node.input if name in weights],
        )
        for node in graph.node
        if node.op_type != "Reshape"
    ]


def of_torch(monkeypatch, model, shape, folder, *, stochastic):
    with monkeypatch.context() as patch:
        patch.setattr("training.runs.graphs.is_plain", lambda *_: False)
        folder.mkdir()
        export_graphs(model, shape, 4, folder, stochastic=stochastic)


def every_kind_of_layer():
    """Return a small model of images (16, 16, 3) with the layers of all architectures, with and without a bias."""
    model = make_model("conv64")
    model.encoder = nn.Sequential(
        *(nn.Conv2d(3, 4, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)),
        *(nn.Conv2d(4, 6, 2, stride=2), nn.ReLU(inplace=True)),
        *(nn.Flatten(), nn.Linear(96, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(inplace=True)),
        *(nn.Linear(8, 8), GaussianHead()),
    )
    model.decoder = nn.Sequential(
        *(nn.Linear(4, 5, bias=False), nn.BatchNorm1d(5), nn.ReLU(inplace=True)),
        *(nn.Linear(5, 6), nn.Unflatten(1, (6, 1, 1)), nn.Conv2d(6, 6, 1), nn.ReLU(inplace=True)),
        *(nn.ConvTranspose2d(6, 4, 4, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)),
        nn.ConvTranspose2d(4, 3, 6, stride=4, padding=1),
    )
    return after_training(model)


def few_layers():
    """Return a small model of images (16, 16, 3)."""
    model = make_model("conv64")
    model.encoder = nn.Sequential(nn.Flatten(), nn.Linear(768, 8), GaussianHead())
    model.decoder = nn.Sequential(nn.Linear(4, 768), nn.Unflatten(1, (3, 16, 16)))
    return model


def kinds(model):
    """Types of the layers of a model, and whether they have a bias of their own."""
    networks = (model.encoder, model.decoder)
    return {(type(layer), getattr(layer, "bias", None) is None) for network in networks for layer in network}


def test_a_small_model_has_every_kind_of_layer_of_the_architectures():
    with torch.device("meta"):
        needed = set().union(*(kinds(VAE(name, (64, 64, 3), 4)) for name in ARCHITECTURES.names()))
    assert needed <= kinds(every_kind_of_layer())


@pytest.mark.slow
@pytest.mark.usefixtures("operators_read_once")
@pytest.mark.parametrize(("make", "stochastic"), [(every_kind_of_layer, True), (few_layers, False)])
def test_the_operators_are_those_of_the_exporter_of_torch(tmp_path, monkeypatch, make, stochastic):
    """Compare small models: the exporter takes seconds of each architecture."""
    shape, model = (16, 16, 3), make()
    export_graphs(model, shape, 4, tmp_path, stochastic=stochastic)
    of_torch(monkeypatch, model, shape, tmp_path / "torch", stochastic=stochastic)
    codecs = [Codec(folder, device="cpu") for folder in (tmp_path, tmp_path / "torch")]
    images = np.random.default_rng(0).integers(0, 256, (5, *shape), np.uint8)
    points = np.random.default_rng(1).standard_normal((5, 4), np.float32)
    for name in ("encoder.onnx", "decoder.onnx"):
        assert operators(tmp_path / name) == operators(tmp_path / "torch" / name)
    for found, expected in zip(*(codec.encode(images) for codec in codecs), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-6)
    np.testing.assert_allclose(*(codec.decode(points) for codec in codecs), atol=2e-6)


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [
        (name, shape)
        for name in ARCHITECTURES.names()
        for shape in SHAPES
        if (name, shape) != ("mlp1200", (128, 128, 1))  # the layers of the other size, of 160 MB
    ],
)
def test_the_graphs_of_every_architecture_give_what_torch_gives(tmp_path, architecture, shape):
    model = make_model(architecture, shape)
    export_graphs(model, shape, 4, tmp_path)
    for part in ("encoder", "decoder"):
        onnx.checker.check_model(tmp_path / f"{part}.onnx", full_check=True)
        constants = onnx.load_model(tmp_path / f"{part}.onnx").graph.initializer
        weights = {each.name for each in constants if each.name.startswith(f"{part}.")}
        assert weights == {each.name for each in constants if each.data_type == onnx.TensorProto.FLOAT}
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    parity = measure_parity(model, Codec(tmp_path, device="cpu"), images)
    assert max(parity.mean, parity.logvar, parity.image) < 5e-6


@pytest.mark.parametrize(
    "architecture", ["conv64", "conv64_bn", "conv64_locatello", "conv_deep", "fullconv", "mlp1200"]
)
def test_the_published_architectures_need_no_exporter(architecture):
    model = make_model(architecture)
    assert is_plain(model.encoder, torch.rand(2, 3, 64, 64))
    assert is_plain(model.decoder, torch.rand(2, 4))


class _Residual(nn.Module):
    def forward(self, features):
        return features + 1


POINTS, CELLS = torch.rand(2, 3), torch.rand(2, 4, 8, 8)


@pytest.mark.parametrize(
    ("layers", "example"),
    [
        ([nn.Linear(3, 4), _Residual()], POINTS),
        ([nn.Linear(3, 4), nn.Sequential(nn.ReLU())], POINTS),
        ([nn.BatchNorm1d(3), nn.Linear(3, 4)], POINTS),
        ([nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4)], POINTS),
        ([nn.Linear(3, 4), nn.BatchNorm1d(4, affine=False)], POINTS),
        ([nn.Linear(3, 4), nn.BatchNorm1d(4, track_running_stats=False)], POINTS),
        ([nn.Conv2d(4, 2, 3, padding="same")], CELLS),
        ([nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect")], CELLS),
        ([nn.ConvTranspose2d(4, 4, 3, groups=2)], CELLS),
        ([nn.Linear(8, 8)], CELLS),
        ([nn.Linear(3, 4), nn.Flatten(0)], POINTS),
        ([nn.Linear(3, 4), nn.Unflatten(-1, (2, 2))], POINTS),
        ([nn.Linear(3, 6), GaussianHead(), nn.ReLU()], POINTS),
        ([nn.Linear(3, 4), nn.LeakyReLU()], POINTS),
        ([], POINTS),
    ],
)
def test_other_networks_are_left_to_the_exporter(layers, example):
    assert not is_plain(nn.Sequential(*layers).eval(), example)


def test_a_module_of_another_kind_is_left_to_the_exporter():
    assert not is_plain(nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)), POINTS)
    assert not is_plain(nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))), POINTS)

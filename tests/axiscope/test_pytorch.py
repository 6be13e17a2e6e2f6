"""Export of PyTorch modules of many forms and sizes: the graphs of the model folder give what the modules give."""

import numpy as np
import pytest
import torch
from torch import nn

import axiscope
from models_zoo.catalog import read_zoo_model
from models_zoo.codec import Codec
from models_zoo.errors import Conflict, InvalidInput
from models_zoo.manifest import read_manifest

LATENTS = 3
pytestmark = pytest.mark.usefixtures("operators_read_once")


@pytest.fixture(autouse=True)
def _few_samples(monkeypatch):
    """Let the latents be measured on 100 decoded images: the 5,000 of 256 pixels take most of an export's time."""
    monkeypatch.setattr("models_zoo.statistics.SAMPLE_IMAGES", 100)


class Halves(nn.Module):
    """A small VAE of any image size; ``encoding`` and ``decoding`` are its plain functions."""

    def __init__(self, height, width, channels):
        super().__init__()
        torch.manual_seed(height + width + channels)
        self.shape = (channels, height, width)
        self.conv = nn.Conv2d(channels, 4, 4, stride=4)
        self.codes = nn.Linear(4, 2 * LATENTS)
        self.pixels = nn.Linear(LATENTS, channels * height * width)
        self.dropout = nn.Dropout()

    def encoding(self, images):
        pooled = torch.relu(self.dropout(self.conv(images))).mean((2, 3))
        return (3 * self.codes(pooled)).chunk(2, 1)

    def decoding(self, latents):
        return self.pixels(latents.flatten(1)).reshape(-1, *self.shape)


class Calls(nn.Module):
    """Module whose call is ``function`` of the owner's weights."""

    def __init__(self, owner, function):
        super().__init__()
        self.owner, self.function = owner, function

    def forward(self, value):
        return self.function(value)


def two_modules(vae):
    return Calls(vae, vae.encoding), Calls(vae, vae.decoding)


def two_modules_with_one_output(vae):
    return Calls(vae, lambda images: torch.cat(vae.encoding(images), 1)), Calls(vae, vae.decoding)


def one_vae_of_modules_with_mappings(vae):
    """Return a model with the modules of those of pythae, and the names of their outputs."""

    def encode(images):
        mean, logvar = vae.encoding(images)
        return {"embedding": mean, "log_covariance": logvar}

    whole = nn.Module()
    whole.encoder = Calls(vae, encode)
    whole.decoder = Calls(vae, lambda latents: {"reconstruction": vae.decoding(latents)})
    return whole, None


def methods_of_one_vae(vae):
    vae.encode, vae.decode = vae.encoding, vae.decoding
    return vae, None


def a_distribution_and_a_latent_as_image(vae):
    def encode(images):
        mean, logvar = vae.encoding(images)
        return torch.distributions.Normal(mean, (0.5 * logvar).exp(), validate_args=False)

    latents = nn.Unflatten(1, (LATENTS,))

    def decode(latent):
        if latent.ndim != 4:
            raise ValueError("a latent is (n, latents, 1, 1)")
        return vae.decoding(latents(latent))

    return Calls(vae, encode), Calls(vae, decode)


def one_graph_that_samples(vae):
    def forward(images):
        mean, logvar = vae.encoding(images)
        latent = mean + torch.randn_like(mean) * (0.5 * logvar).exp()
        return torch.sigmoid(vae.decoding(latent)), mean, logvar

    return Calls(vae, forward), None


CASES = [
    (methods_of_one_vae, (28, 28, 1)),
    (one_vae_of_modules_with_mappings, (48, 80, 3)),
    (one_graph_that_samples, (64, 64, 1)),
    (two_modules_with_one_output, (96, 96, 3)),
    (a_distribution_and_a_latent_as_image, (128, 128, 1)),
    (two_modules, (256, 256, 3)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "shape"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_the_model_folder_computes_what_the_modules_compute(form, shape, tmp_path):
    height, width, channels = shape
    vae = Halves(*shape).train()
    images = np.random.default_rng(0).random((4, height, width, channels), dtype=np.float32)
    example = torch.from_numpy(images).permute(0, 3, 1, 2)
    folder = axiscope.export(*form(vae), example[:1], tmp_path / "zoo" / "mine", name="Mine")
    assert vae.training
    codec = Codec(folder, device="cpu")
    mean, logvar = codec.encode(images)
    with torch.no_grad():
        expected = vae.eval().encoding(example)
        decoded = torch.sigmoid(vae.decoding(expected[0])).permute(0, 2, 3, 1)
    np.testing.assert_allclose(mean, expected[0], atol=1e-5)
    np.testing.assert_allclose(logvar, expected[1], atol=1e-4)
    np.testing.assert_allclose(codec.decode(mean), decoded, atol=1e-5)
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.image_shape, manifest.latents) == ("Mine", shape, LATENTS)
    assert (len(manifest.statistics), manifest.statistics_rows) == (LATENTS, 100)
    if manifest.parity is not None:
        assert max(manifest.parity.mean, manifest.parity.logvar, manifest.parity.image) < 1e-4
    assert (manifest.parity is None) == (form is one_graph_that_samples)
    assert read_zoo_model(folder).problem is None


def test_modules_that_do_not_fit_are_refused_with_the_remedy(tmp_path):
    vae, other = Halves(16, 16, 1), nn.Linear(5, 256)
    images = torch.rand(2, 1, 16, 16)
    encoder, _ = two_modules(vae)
    with pytest.raises(InvalidInput, match="the decoder that belongs to the encoder"):
        axiscope.export(encoder, other, images, tmp_path / "a")
    three = Calls(vae, lambda value: (value, value, value))
    with pytest.raises(InvalidInput, match=r"got an encoder that returns 3 values; allowed: \(mean, logvar\)"):
        axiscope.export(three, other, images, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    (tmp_path / "a").mkdir()
    with pytest.raises(Conflict, match="which a model of the zoo has"):
        axiscope.export(*two_modules(vae), images, tmp_path / "a")


def test_a_graph_that_cannot_be_cut_is_refused_with_the_remedy(tmp_path):
    unet = Calls(nn.Conv2d(1, 1, 3, padding=1), lambda image: image * 0.5)
    with pytest.raises(InvalidInput, match="encoder and decoder as two files"):
        axiscope.export(unet, None, torch.rand(2, 1, 16, 16), tmp_path / "a")

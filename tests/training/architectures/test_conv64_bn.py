import numpy as np
import onnxruntime
import torch
from torch import nn

from training.model.vae import VAE
from training.runs.graphs import export_graphs


def test_it_takes_both_sizes_one_or_three_channels_and_any_number_of_latents(check):
    check.shapes()


def test_wrong_sizes_and_no_latents_are_refused_with_what_is_accepted(check):
    check.refusals()


def test_it_has_the_published_layers(check):
    encoder = 16 * 1 * 32 + 16 * 32 * 32 + 16 * 32 * 64 + 16 * 64 * 64 + 1024 * 128 + (128 * 20 + 20)
    encoder += 2 * (32 + 32 + 64 + 64 + 128)
    decoder = 10 * 128 + 128 * 1024 + 16 * 64 * 64 + 16 * 64 * 32 + 16 * 32 * 32 + (16 * 32 * 1 + 1)
    decoder += 2 * (128 + 1024 + 64 + 32 + 32)
    assert check.parameters() == (encoder, decoder)


def test_every_layer_but_the_outputs_is_normalised(check):
    for half in check.build((64, 64, 1), 10):
        layers = [m for m in half if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
        normed = [m for m in half if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
        assert len(normed) == len(layers) - 1


def test_the_exported_graphs_normalise_by_the_running_statistics(tmp_path):
    torch.manual_seed(0)
    model = VAE("conv64_bn", (64, 64, 1), 4)
    for _ in range(5):
        model.decode(model.encode(torch.rand(8, 1, 64, 64)).mean)
    export_graphs(model, (64, 64, 1), 4, tmp_path)
    model.eval()
    images = torch.rand(3, 1, 64, 64)
    with torch.no_grad():
        posterior = model.encode(images)
        pictures = torch.sigmoid(model.decode(posterior.mean))
    encoder, decoder = (onnxruntime.InferenceSession(tmp_path / f"{half}.onnx") for half in ("encoder", "decoder"))
    mean, logvar = encoder.run(None, {"image": images.numpy()})
    (decoded,) = decoder.run(None, {"latent": posterior.mean.numpy()})
    for ours, theirs in zip((*posterior, pictures), (mean, logvar, decoded), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-5)
    (alone,) = encoder.run(["mean"], {"image": images[:1].numpy()})
    np.testing.assert_allclose(alone, mean[:1], atol=1e-5, err_msg="an image must not depend on its batch")

import numpy as np
import onnx
import pytest
import torch

from models_zoo.codec import Codec
from models_zoo.manifest import NOISELESS_LOGVAR
from models_zoo.statistics import reconstruction_statistics
from training.model.vae import VAE
from training.objectives.ae import Objective
from training.runs.graphs import export_graphs, measure_parity


def test_ae_minimises_the_reconstruction_alone(loss, batch):
    terms = loss("ae")
    p = torch.sigmoid(batch.logits)
    by_hand = -(batch.images * p.log() + (1 - batch.images) * (1 - p).log()).sum((1, 2, 3)).mean()
    torch.testing.assert_close(terms.total, by_hand)
    torch.testing.assert_close(terms.parts["reconstruction"], by_hand.detach())
    assert list(terms.parts) == ["reconstruction"], "logvar is not trained, so that there is no KL"


def test_ae_sends_no_gradient_to_the_posterior(loss, batch):
    loss("ae").total.backward()
    assert batch.logits.grad is not None
    assert batch.posterior.mean.grad is None
    assert batch.posterior.logvar.grad is None


def test_the_decoder_of_an_ae_gets_the_mean():
    assert Objective.stochastic is False


def test_an_exported_ae_has_no_noise(tmp_path):
    torch.manual_seed(0)
    model = VAE("conv64", (64, 64, 1), 3)
    export_graphs(model, (64, 64, 1), 3, tmp_path, stochastic=False)
    onnx.checker.check_model(tmp_path / "encoder.onnx", full_check=True)
    codec = Codec(tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 1), np.uint8)
    mean, logvar = codec.encode(images)
    assert logvar == pytest.approx(NOISELESS_LOGVAR)
    parity = measure_parity(model, codec, images, stochastic=False)
    assert max(parity.mean, parity.logvar, parity.image) <= 1e-5
    found = reconstruction_statistics(codec, images, mean, logvar, np.random.default_rng(0))
    error = ((codec.decode(mean) - images / 255) ** 2).sum((1, 2, 3)).mean()
    assert found["squared_error"] == pytest.approx(error, rel=1e-3)

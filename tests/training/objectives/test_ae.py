import torch

from training.objectives.ae import Objective


def test_ae_minimises_the_reconstruction_alone(loss, batch):
    terms = loss("ae")
    p = torch.sigmoid(batch.logits)
    by_hand = -(batch.images * p.log() + (1 - batch.images) * (1 - p).log()).sum((1, 2, 3)).mean()
    torch.testing.assert_close(terms.total, by_hand)
    torch.testing.assert_close(terms.parts["reconstruction"], by_hand.detach())


def test_ae_sends_no_gradient_to_the_posterior(loss, batch):
    loss("ae").total.backward()
    assert batch.logits.grad is not None
    assert batch.posterior.mean.grad is None
    assert batch.posterior.logvar.grad is None


def test_the_decoder_of_an_ae_gets_the_mean():
    assert Objective.stochastic is False

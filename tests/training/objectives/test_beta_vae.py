import pytest
import torch

from models_zoo.errors import InvalidInput


def test_beta_of_one_is_the_vae(loss):
    assert torch.equal(loss("beta_vae", beta=1).total, loss("vae").total)


def test_beta_weighs_the_kl(loss):
    terms = loss("beta_vae", beta=0.25)
    torch.testing.assert_close(terms.total.detach(), terms.parts["reconstruction"] + 0.25 * terms.parts["kl"])


@pytest.mark.parametrize("beta", [-1, float("nan"), float("inf"), "much"])
def test_a_senseless_beta_is_refused_with_what_came(make, beta):
    with pytest.raises(InvalidInput, match=r"beta: got .*; allowed: ") as caught:
        make("beta_vae", beta=beta)
    assert caught.value.field == "/beta"


def test_an_unknown_setting_is_refused_with_what_there_is(make):
    with pytest.raises(InvalidInput, match=r"setting 'bta'; allowed: beta"):
        make("beta_vae", bta=1)

"""beta-TCVAE: the KL taken apart into mutual information, total correlation and dimension-wise KL."""

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from models_zoo.errors import InvalidInput
from training.config import Config as BaseConfig
from training.config import setting
from training.model.losses import LossTerms, Posterior, kl_per_latent
from training.model.objective import Objective as BaseObjective

TITLE = "β-TCVAE"
SOURCE = "Chen et al. 2018, eq. 2 and 4; appendix C"

Sampling = Literal["weighted", "stratified"]


class Config(BaseConfig):
    """Settings of beta-TCVAE."""

    alpha: float = setting(1.0, "Weight of the mutual information I(x; z)", source="Chen 2018, eq. 4", ge=0)
    beta: float = setting(6.0, "Weight of the total correlation", source="Chen 2018, eq. 4 and section 6", ge=0)
    gamma: float = setting(1.0, "Weight of the dimension-wise KL", source="Chen 2018, eq. 4", ge=0)
    sampling: Sampling = setting(
        "weighted",
        "Estimate of q(z) from a batch: weighted (steady) or stratified (unbiased density); neither is readable as an "
        "absolute value, the metric tc is",
        source="Chen 2018, eq. 3 and appendix C.2",
    )


class Decomposition(NamedTuple):
    """Three scalars, nats, that add up to the sampled KL of the batch."""

    mutual_information: Tensor
    total_correlation: Tensor
    dimension_wise_kl: Tensor


def log_importance_weights(
    batch: int, dataset_size: int, sampling: Sampling, device: torch.device | None = None
) -> Tensor | float:
    """Return the log weight of q(z_i|x_j) in the estimate of q(z_i): a scalar, or (batch, batch) with i the row.

    Weighted (Chen 2018, eq. 3): 1 / (N M). Stratified (appendix C.2, eq. S6): 1/N for the image the point
    came from, 1/M for the M - 1 others, the last of which is weighted (N - M) / (N M), where M is the batch
    less one; the rows add up to 1.
    """
    if sampling == "weighted":
        return -math.log(dataset_size * batch)
    others = batch - 1
    weights = torch.full((batch, batch), 1 / others, device=device)
    index = torch.arange(batch, device=device)
    weights[index, index] = 1 / dataset_size
    weights[index, (index + 1) % batch] = (dataset_size - others) / (dataset_size * others)
    return weights.log()


def decompose(posterior: Posterior, latent: Tensor, dataset_size: int, sampling: Sampling) -> Decomposition:
    """Estimate MI, TC and dimension-wise KL of a batch from q(z_i|x_j) for all pairs.

    The sum of the three is right in expectation, each of them is off by nats: the logarithm of an estimated density
    is biased, most of all where a batch is small beside exp(I(x; z)). They steer training; the metric ``tc``
    is for reading.

    Parameters
    ----------
    posterior : Posterior
    latent : float32 (batch, latents)
        One sample of each posterior.
    dataset_size : int
        Number of training images N.
    sampling : {"weighted", "stratified"}
    """
    mean, logvar = posterior
    batch = len(latent)
    log_2pi = math.log(2 * math.pi)
    scaled = (latent[:, None] - mean[None]) * torch.exp(-0.5 * logvar)[None]
    pairs = -0.5 * (scaled.square() + logvar[None] + log_2pi)  # log q(z_id | x_jd): (i, j, d)

    weights = log_importance_weights(batch, dataset_size, sampling, latent.device)
    per_latent = pairs
    joint = pairs.sum(2)
    if isinstance(weights, Tensor):
        weights = weights.to(latent)
        per_latent = pairs + weights[:, :, None]
        joint = joint + weights
    log_qz = joint.logsumexp(1)
    log_qz_each = per_latent.logsumexp(1)
    if not isinstance(weights, Tensor):
        log_qz = log_qz + weights
        log_qz_each = log_qz_each + weights

    log_qz_given_x = pairs.diagonal().sum(0)
    log_pz = -0.5 * (latent.square() + log_2pi).sum(1)
    log_product = log_qz_each.sum(1)
    return Decomposition((log_qz_given_x - log_qz).mean(), (log_qz - log_product).mean(), (log_product - log_pz).mean())


class Objective(BaseObjective):
    """``Rec + alpha * MI + beta * TC + gamma * DWKL``."""

    def forward(self, images: Tensor, logits: Tensor, posterior: Posterior, latent: Tensor, step: int) -> LossTerms:  # noqa: ARG002
        """Return the loss of one batch.

        Raises
        ------
        InvalidInput
            If the batch has one image, or more than the data set.
        """
        config, n = self.config, self.task.dataset_size
        if len(latent) < 2 or (config.sampling == "stratified" and len(latent) > n):
            message = f"got a batch of {len(latent)}; allowed for beta_tcvae: 2 to {n}, the data set; set --batch-size"
            raise InvalidInput(message, field="/batch_size", allowed=[2, n])
        reconstruction = self.reconstruction(logits, images)
        mi, tc, dwkl = decompose(posterior, latent, n, config.sampling)
        parts = {"reconstruction": reconstruction.detach()}
        with torch.no_grad():
            parts["kl"] = kl_per_latent(posterior).sum(1).mean()
        parts |= {"mi": mi.detach(), "tc": tc.detach(), "dwkl": dwkl.detach()}
        return LossTerms(reconstruction + config.alpha * mi + config.beta * tc + config.gamma * dwkl, parts)

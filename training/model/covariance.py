"""Covariance of a batch and its distance from the identity (DIP-VAE)."""

from torch import Tensor


def covariance(points: Tensor) -> Tensor:
    """Covariance of the rows of ``points`` (batch, latents), divided by the batch size: (latents, latents)."""
    centred = points - points.mean(0)
    return centred.T @ centred / len(points)


def distance_from_identity(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the squared off-diagonal entries, and of the squared distances of the diagonal from 1."""
    diagonal = matrix.diagonal()
    off_diagonal = matrix.square().sum() - diagonal.square().sum()
    return off_diagonal, (diagonal - 1).square().sum()

"""Statistics of the latents over a sample of codes, and of the reconstruction over a sample of images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models_zoo.codec import Codec, Floats
from models_zoo.json_types import JsonObject
from models_zoo.manifest import AUTOENCODER, QUANTILES, SAMPLE, LatentStatistics, latent_state

SAMPLE_IMAGES = 5_000
SAMPLE_SEED = 0
RECONSTRUCTION_IMAGES = 1_000
BATCH = 64
DECODED_BATCH = 50
PROBABILITY_FLOOR = 1e-7


def sample_indices(n: int) -> NDArray[np.int64]:
    """Return the indices of the images of `sample.npz`, drawn from ``n`` images without repetition."""
    return np.random.default_rng(SAMPLE_SEED).choice(n, size=min(SAMPLE_IMAGES, n), replace=False)


def write_sample(
    folder: Path,
    codec: Codec,
    indices: NDArray[np.int64],
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    factor_names: Sequence[str],
) -> JsonObject:
    """Encode a sample of a data set, write `sample.npz`, and return the fields of the manifest that describe it.

    Parameters
    ----------
    folder : Path
        Model folder.
    codec, indices, images, labels, factor_names
        As `measure_sample` takes them.
    """
    arrays, described = measure_sample(codec, indices, images, labels, factor_names)
    np.savez(folder / SAMPLE, **arrays)  # type: ignore[arg-type]
    return described


def measure_sample(
    codec: Codec,
    indices: NDArray[np.int64],
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    factor_names: Sequence[str],
) -> tuple[dict[str, NDArray[np.generic]], JsonObject]:
    """Return the arrays of `sample.npz`, and the fields of the manifest that describe the sample.

    Parameters
    ----------
    codec : Codec
        Of the model.
    indices : int64 array of shape (n,)
    images : uint8 array of shape (n, height, width, channels)
    labels : int array of shape (n, factors)
    factor_names : sequence of str
        One name per column of ``labels``.
    """
    mean, logvar = encode_all(codec, images)
    part, rng = slice(0, RECONSTRUCTION_IMAGES), np.random.default_rng(SAMPLE_SEED)
    return {"indices": indices, "mean": mean, "logvar": logvar, "labels": labels}, {
        "statistics": latent_statistics(mean, logvar, labels, factor_names),
        "statistics_rows": len(indices),
        "factor_names": tuple(factor_names),
        "reconstruction": reconstruction_statistics(codec, images[part], mean[part], logvar[part], rng),
    }


def measure_decoded_samples(codec: Codec, latents: int) -> JsonObject:
    """Return the fields of the manifest of a model without data set, measured on images decoded from the prior.

    The code of a latent that the decoder does not use follows the prior, with a KL divergence of about 0. So
    inactive latents are found without data, and the sliders get the range of the decoded images.
    """
    points = np.random.default_rng(SAMPLE_SEED).standard_normal((SAMPLE_IMAGES, latents), dtype=np.float32)
    parts = [codec.encode(codec.decode(part)) for part in np.array_split(points, SAMPLE_IMAGES // DECODED_BATCH)]
    mean, logvar = (np.concatenate(column) for column in zip(*parts, strict=True))
    no_labels = np.empty((SAMPLE_IMAGES, 0), np.int64)
    return {
        "statistics": latent_statistics(mean, logvar, no_labels, ()),
        "statistics_rows": SAMPLE_IMAGES,
        "statistics_of": "own samples",
    }


def encode_all(codec: Codec, images: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return posterior mean and logvar, float32 (n, latents), of uint8 images (n, height, width, channels)."""
    parts = [codec.encode(images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
    mean, logvar = (np.concatenate(column) for column in zip(*parts, strict=True))
    return mean, logvar


def correlations(codes: Floats, labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the signed Pearson correlation of each latent with each factor.

    Parameters
    ----------
    codes : float array of shape (n, latents)
    labels : int array of shape (n, factors)
        Rows with -1, a missing label, are left out for that factor.

    Returns
    -------
    float64 array of shape (latents, factors)
        0 where either side is constant.
    """
    result = np.zeros((codes.shape[1], labels.shape[1]))
    for k in range(labels.shape[1]):
        known = labels[:, k] >= 0
        if known.sum() < 2:
            continue
        z = codes[known].astype(np.float64)
        z -= z.mean(0)
        y = labels[known, k] - labels[known, k].mean()
        norm = np.sqrt((z**2).sum(0) * (y**2).sum())
        result[:, k] = np.divide(z.T @ y, norm, out=np.zeros(len(norm)), where=norm > 1e-12)
    return result


def latent_statistics(
    mean: Floats, logvar: Floats, labels: NDArray[np.integer], factor_names: Sequence[str]
) -> tuple[LatentStatistics, ...]:
    """Return the statistics of every latent over a sample.

    Parameters
    ----------
    mean, logvar : float32 arrays of shape (n, latents)
    labels : int array of shape (n, factors)
    factor_names : sequence of str
        One name per column of ``labels``.
    """
    wide, log_variance = mean.astype(np.float64), logvar.astype(np.float64)
    kl = 0.5 * (wide**2 + np.exp(log_variance) - 1 - log_variance).mean(0)
    sigma = np.exp(0.5 * log_variance).mean(0)
    pearson = correlations(mean, labels)
    quantiles = np.quantile(wide, QUANTILES, axis=0)
    result = []
    for d in range(mean.shape[1]):
        best = int(np.abs(pearson[d]).argmax()) if len(factor_names) else None
        result.append(
            LatentStatistics(
                mean=float(wide[:, d].mean()),
                std=float(wide[:, d].std()),
                minimum=float(wide[:, d].min()),
                maximum=float(wide[:, d].max()),
                quantiles=tuple(float(q) for q in quantiles[:, d]),
                kl_nats=max(0.0, float(kl[d])),
                mean_sigma=float(sigma[d]),
                state=latent_state(float(kl[d]), float(wide[:, d].var()), float(sigma[d])),
                best_factor=None if best is None else factor_names[best],
                best_correlation=None if best is None else float(pearson[d, best]),
                correlations={name: float(pearson[d, k]) for k, name in enumerate(factor_names)},
            )
        )
    return tuple(result)


def reconstruction_statistics(
    codec: Codec, images: NDArray[np.uint8], mean: Floats, logvar: Floats, rng: np.random.Generator
) -> dict[str, float]:
    """Return reconstruction error and KL, nats (or squared error) per image, of the given images.

    Latents are sampled from the posterior, as in training; Bernoulli negative log-likelihood from the
    decoded probabilities, clipped to [1e-7, 1 - 1e-7].
    """
    bernoulli, squared = [], []
    for start in range(0, len(images), BATCH):
        rows = slice(start, start + BATCH)
        noise = rng.standard_normal(mean[rows].shape, dtype=np.float32)
        decoded = codec.decode(mean[rows] + np.exp(0.5 * logvar[rows]) * noise).astype(np.float64)
        target = images[rows] / 255.0
        p = decoded.clip(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
        bernoulli.append(-(target * np.log(p) + (1 - target) * np.log1p(-p)).sum((1, 2, 3)))
        squared.append(((decoded - target) ** 2).sum((1, 2, 3)))
    wide, log_variance = mean.astype(np.float64), logvar.astype(np.float64)
    kl = 0.5 * (wide**2 + np.exp(log_variance) - 1 - log_variance).sum(1).mean()
    nll = float(np.concatenate(bernoulli).mean())
    return {
        "bernoulli_nats": nll,
        "squared_error": float(np.concatenate(squared).mean()),
        "kl_nats": float(kl),
        "elbo_nats": -(nll + float(kl)),
        "images": float(len(images)),
    }


def defined_history(record: JsonObject, objective: str | None) -> JsonObject:
    """Return the columns of `history.json` without the KL of an autoencoder, which older versions wrote."""
    rows = [{**row, "held_out": _without_kl(row.get("held_out", {}))} for row in record.get("evaluations", [])]
    defined = {"parts": _without_kl(record.get("parts", {})), "kl": [], "evaluations": rows}
    return {**record, **defined} if objective == AUTOENCODER else record


def _without_kl(parts: JsonObject) -> JsonObject:
    return {name: value for name, value in parts.items() if name != "kl"}

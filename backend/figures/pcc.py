"""Heat map of Pearson correlations between latents and factors, with CbD's bars."""

from typing import Any

import numpy as np

from backend.figures.base import DIVERGING, SEQUENTIAL, Figure, figure, heat_map, latent_names, layout
from models_zoo.errors import NotFound
from models_zoo.manifest import Manifest


def row_labels(manifest: Manifest) -> list[str]:
    """z0, z1, ... with the learned weight of the latent in brackets where the objective has one per latent."""
    names = latent_names(manifest.latents)
    for values in manifest.learned_weights.values():
        if isinstance(values, list) and len(values) == manifest.latents:
            return [f"{name} ({float(value):.2f})" for name, value in zip(names, values, strict=True)]
    return names


def matrix(manifest: Manifest) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Signed correlations (latents, factors) of the manifest.

    Raises
    ------
    NotFound
        If the model was exported without factors.
    """
    if not manifest.statistics or not manifest.factor_names:
        raise NotFound(f"model {manifest.id!r} has no factors: correlations need a labelled data set")
    rows = [[each.correlations.get(name, 0.0) for name in manifest.factor_names] for each in manifest.statistics]
    return np.array(rows)


def _bars(cbd: dict[str, Any], labels: list[str], factors: list[str]) -> list[dict[str, Any]]:
    """Compactness bar of each latent at the right, modularity bar of each factor on top (CbD's two parts)."""
    found = []
    compactness, modularity = (cbd.get(key) for key in ("per_latent", "per_factor"))
    if compactness and len(compactness) == len(labels):
        bar = {"type": "bar", "orientation": "h", "x": compactness, "y": labels, "xaxis": "x2", "yaxis": "y"}
        found.append({**bar, "name": "compactness", "marker": {"color": "#0f766e"}})
    if modularity and len(modularity) == len(factors):
        bar = {"type": "bar", "x": factors, "y": modularity, "xaxis": "x", "yaxis": "y2"}
        found.append({**bar, "name": "modularity", "marker": {"color": "#b45309"}})
    return found


def pcc(
    manifest: Manifest, kinds: dict[str, str], cbd: dict[str, Any], *, signed: bool = False, diagonalise: bool = False
) -> Figure:
    """Heat map of |r| or r.

    Parameters
    ----------
    manifest : Manifest
    kinds : dict
        Kind of each factor; categorical and cyclic ones are starred, for Pearson is not meant for them.
    cbd : dict
        Details of the metric cbd, for the bars; may be empty.
    signed : bool
        r on a scale fixed to [-1, 1] instead of |r|.
    diagonalise : bool
        Rows sorted so that each factor's best latent comes first.
    """
    values = matrix(manifest)
    shown = values if signed else np.abs(values)
    labels = row_labels(manifest)
    order = list(range(len(labels)))
    if diagonalise:
        best = np.abs(values).argmax(1)
        order.sort(key=lambda row: (best[row], -abs(values[row, best[row]])))
    flagged = [name for name in manifest.factor_names if kinds.get(name) in ("categorical", "cyclic")]
    factors = [f"{name} *" if name in flagged else name for name in manifest.factor_names]
    names = [labels[row] for row in order]
    trace = heat_map(
        shown[order].tolist(),
        factors,
        names,
        limits=(-1.0, 1.0) if signed else (0.0, 1.0),
        scale=DIVERGING if signed else SEQUENTIAL,
        bar="r" if signed else "|r|",
    )
    bars = _bars(cbd, labels, factors)
    kind = "Pearson correlation" if signed else "Absolute Pearson correlation"
    frame = layout(f"{manifest.name}: {kind} of latents and factors", "factor", "latent")
    frame["yaxis"]["autorange"] = "reversed"
    frame["showlegend"] = False
    if bars:
        frame["xaxis"]["domain"], frame["yaxis"]["domain"] = [0, 0.84], [0, 0.84]
        frame["xaxis2"] = {"domain": [0.87, 1], "range": [0, 1], "title": {"text": "compactness"}}
        frame["yaxis2"] = {"domain": [0.87, 1], "range": [0, 1], "title": {"text": "modularity"}}
        trace["colorbar"]["len"] = 0.84
    note = "* categorical or cyclic: Pearson correlation is not meant for it" if flagged else ""
    if note:
        frame["annotations"] = [
            {
                "text": note,
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": -0.22,
                "showarrow": False,
                "font": {"size": 10},
            }
        ]
    return figure([trace, *bars], frame, latents=order, factors=list(manifest.factor_names))

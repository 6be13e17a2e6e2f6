"""Hinton diagram of DCI importances: squares whose area is the importance, with D_i and C_j as bars.

Eastwood & Williams 2018: D_i = 1 - H_K(P_i.) over the factors, C_j = 1 - H_D(P~.j) over the latents.
"""

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import ACCENT, SOFT, figure, short, words
from backend.figures.matrices import CELL, latent_labels, matrix_layout, side_bars
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest

LARGEST_SIDE = CELL - 6
LEGEND_PIXELS = 34
LEGEND = (1.0, 0.25, 0.04)


def one_minus_entropy(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 - entropy of each row (n, k), in units of log k; 0 for a row of zeros.

    Returns
    -------
    float64 array of shape (n,)
        In [0, 1]: 1 where one entry holds everything.
    """
    k = rows.shape[1]
    total = rows.sum(1, keepdims=True)
    p = np.divide(rows, total, out=np.full_like(rows, 1 / k), where=total > 0)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(1 + (p * logs).sum(1) / np.log(k)) if k > 1 else np.ones(len(rows))


def hinton(manifest: Manifest, details: JsonObject, importance: NDArray[np.float64], factors: list[str]) -> JsonObject:
    """Return a Hinton diagram.

    Parameters
    ----------
    manifest : Manifest
    details : dict
        Details of the metric DCI; its totals, where they are there, go to the title.
    importance : float64 array of shape (latents, factors)
        Not negative.
    factors : list of str
    """
    d, c = one_minus_entropy(importance), one_minus_entropy(importance.T)
    total, largest = importance.sum(), float(importance.max(initial=0.0)) or 1.0
    weights = importance.sum(1) / total if total > 0 else np.full(len(d), 1 / len(d))
    names = [words(name) for name in factors]
    latents, columns = (index.ravel() for index in np.indices(importance.shape))
    values = np.round(importance, 6).ravel()
    square = {"symbol": "square", "opacity": 1, "line": {"width": 0}}
    squares = {
        "type": "scatter",
        "mode": "markers",
        "x": columns.tolist(),
        "y": latents.tolist(),
        "customdata": [
            [i, k, names[k], value]
            for i, k, value in zip(latents.tolist(), columns.tolist(), values.tolist(), strict=True)
        ],
        "hovertemplate": "z%{customdata[0]} for %{customdata[2]}: %{customdata[3]:.3f}<extra></extra>",
        "marker": square
        | {"color": ACCENT, "size": (LARGEST_SIDE * np.sqrt(importance.clip(0) / largest)).ravel().tolist()},
        "name": "importance",
    }
    legend = {
        "type": "scatter",
        "mode": "markers+text",
        "x": list(range(len(LEGEND))),
        "y": [0] * len(LEGEND),
        "xaxis": "x3",
        "yaxis": "y3",
        "text": [f"  {short(share * largest)}" for share in LEGEND],
        "textposition": "middle right",
        "textfont": {"size": 11, "color": SOFT},
        "hoverinfo": "skip",
        "marker": square | {"color": SOFT, "size": [LARGEST_SIDE * share**0.5 for share in LEGEND]},
    }
    totals = f"D {short(float(weights @ d))} · C {short(float(details.get('completeness', c.mean())))}"
    if details.get("informativeness") is not None:
        totals += f" · I {short(float(details['informativeness']))}"
    title = f"{manifest.name}, DCI importances: {totals}"
    frame = matrix_layout(title, latent_labels(manifest), names, ("D", "C"), LEGEND_PIXELS)
    frame["yaxis3"]["title"] = frame["yaxis2"]["title"] | {"text": "size"}
    bars = [side_bars(d, "D of this latent", beside=True), side_bars(c, "C of this factor", beside=False)]
    return figure(
        [squares, *bars, legend],
        frame,
        latents=list(range(len(d))),
        factors=factors,
        totals=totals,
    )

"""Hinton diagram of DCI importances: squares whose area is the importance, with D_i and C_j as bars.

Eastwood & Williams 2018: D_i = 1 - H_K(P_i.) over the factors, C_j = 1 - H_D(P~.j) over the latents.
"""

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import INK, Figure, figure, latent_names, layout

SIDE = 0.92


def one_minus_entropy(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - entropy of each row (n, k), in units of log k; 0 for a row of zeros.

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


def hinton(name: str, importance: NDArray[np.float64], factors: list[str]) -> Figure:
    """Hinton diagram.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    importance : float array of shape (latents, factors)
        Not negative.
    factors : list of str
    """
    latents = latent_names(len(importance))
    d, c = one_minus_entropy(importance), one_minus_entropy(importance.T)
    total = importance.sum()
    weights = importance.sum(1) / total if total > 0 else np.full(len(d), 1 / len(d))
    largest = float(importance.max(initial=0.0)) or 1.0
    shapes = []
    for row, column in np.ndindex(*importance.shape):
        half = SIDE / 2 * float(np.sqrt(importance[row, column] / largest))
        corners = {"x0": column - half, "x1": column + half, "y0": row - half, "y1": row + half}
        shapes.append({"type": "rect", "xref": "x", "yref": "y", "fillcolor": INK, "line": {"width": 0}, **corners})
    rows, columns = np.indices(importance.shape)
    cells = {
        "type": "scatter",
        "mode": "markers",
        "x": columns.ravel().tolist(),
        "y": rows.ravel().tolist(),
        "customdata": [
            [latents[i], factors[j], round(float(importance[i, j]), 6)] for i, j in np.ndindex(*importance.shape)
        ],
        "hovertemplate": "%{customdata[0]} for %{customdata[1]}: %{customdata[2]:.4f}<extra></extra>",
        "marker": {"symbol": "square", "size": 26, "opacity": 0, "color": INK},
        "name": "importance",
    }
    right = {
        "type": "bar",
        "orientation": "h",
        "x": np.round(d, 6).tolist(),
        "y": list(range(len(d))),
        "xaxis": "x2",
        "yaxis": "y",
        "name": "disentanglement D_i",
        "marker": {"color": "#0b6bcb"},
    }
    top = {
        "type": "bar",
        "x": list(range(len(c))),
        "y": np.round(c, 6).tolist(),
        "xaxis": "x",
        "yaxis": "y2",
        "name": "completeness C_j",
        "marker": {"color": "#c2410c"},
    }
    title = f"{name}: DCI importance, D = {float(weights @ d):.3f}, mean C = {float(c.mean()):.3f}"
    frame = layout(title, "factor", "latent", shapes=shapes, showlegend=False)
    frame["xaxis"] |= {"tickvals": list(range(len(c))), "ticktext": factors, "domain": [0, 0.8], "zeroline": False}
    frame["yaxis"] |= {"tickvals": list(range(len(d))), "ticktext": latents, "domain": [0, 0.8], "zeroline": False}
    frame["xaxis"]["range"], frame["yaxis"]["range"] = [-0.5, len(c) - 0.5], [len(d) - 0.5, -0.5]
    frame["xaxis2"] = {"domain": [0.84, 1], "range": [0, 1], "title": {"text": "D_i"}}
    frame["yaxis2"] = {"domain": [0.84, 1], "range": [0, 1], "title": {"text": "C_j"}}
    note = f"area of a square: importance; a full cell is {largest:.3g}"
    frame["annotations"] = [
        {"text": note, "xref": "paper", "yref": "paper", "x": 0, "y": -0.24, "showarrow": False, "font": {"size": 10}}
    ]
    return figure([cells, right, top], frame, factors=factors)

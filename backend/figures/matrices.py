"""Heat maps of the matrices of MIG and SAP."""

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import SEQUENTIAL, Figure, figure, heat_map, latent_names, layout

GAPS = {"mi": "mutual information", "sap": "score of predicting the factor from one latent"}


def matrix_figure(kind: str, name: str, values: NDArray[np.float64], factors: list[str]) -> Figure:
    """Heat map (latents, factors) with the gap between the two best latents of each factor on top.

    Parameters
    ----------
    kind : {"mi", "sap"}
        Mutual information in nats, or the SAP matrix.
    name : str
        Name of the model, for the title.
    values : float array of shape (latents, factors)
    factors : list of str
    """
    upper = float(values.max(initial=0.0)) or 1.0
    unit = "nats" if kind == "mi" else "score"
    labels = latent_names(len(values))
    trace = heat_map(
        values.tolist(),
        factors,
        labels,
        limits=(0.0, upper if kind == "mi" else max(upper, 1.0)),
        scale=SEQUENTIAL,
        bar=unit,
    )
    ordered = np.sort(values, axis=0)[::-1]
    gaps = ordered[0] - (ordered[1] if len(ordered) > 1 else 0)
    top = {
        "type": "bar",
        "x": factors,
        "y": np.round(gaps, 6).tolist(),
        "xaxis": "x",
        "yaxis": "y2",
        "name": "gap of the two best",
        "marker": {"color": "#0f766e"},
    }
    frame = layout(f"{name}: {GAPS[kind]}", "factor", "latent", showlegend=False)
    frame["yaxis"] |= {"autorange": "reversed", "domain": [0, 0.82]}
    frame["yaxis2"] = {"domain": [0.86, 1], "title": {"text": "gap"}}
    trace["colorbar"] |= {"len": 0.82, "y": 0.41}
    return figure([trace, top], frame, factors=factors)

"""Curves of training: parts of the loss, KL per latent."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from backend.figures.base import COLOURS, Figure, figure, latent_names, layout
from models_zoo.errors import NotFound
from models_zoo.manifest import LatentStatistics

STATE_COLOURS = {"active": "#0b6bcb", "saturated": "#7e22ce", "weak": "#b45309", "dead": "#9aa3ad"}


def history(name: str, record: dict[str, Any]) -> Figure:
    """Every part of the loss over the steps; the reconstruction has its own axis, for it is far larger.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    record : dict
        `history.json`: ``step`` and ``parts``, nats per image.
    """
    parts: dict[str, list[float | None]] = record.get("parts", {})
    traces = []
    for place, (part, values) in enumerate(parts.items()):
        large = part.startswith(("reconstruction", "total"))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": part,
                "x": record["step"],
                "y": values,
                "yaxis": "y" if large else "y2",
                "line": {"color": COLOURS[place % len(COLOURS)], "width": 1.6, "dash": "solid" if large else "dot"},
            }
        )
    frame = layout(f"{name}: parts of the loss", "step", "reconstruction and total (nats per image)")
    frame["yaxis2"] = {"title": {"text": "other parts (nats per image)"}, "overlaying": "y", "side": "right"}
    frame["legend"] = {"orientation": "h", "y": -0.25}
    return figure(traces, frame)


def kl_over_steps(name: str, record: dict[str, Any]) -> Figure:
    """KL of each latent to the prior over the steps.

    Raises
    ------
    NotFound
        If the history holds none.
    """
    rows: list[list[float]] = record.get("kl", [])
    if not rows:
        raise NotFound("the history of this model holds no KL per latent")
    columns = list(zip(*rows, strict=True))
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": latent,
            "x": record["step"][-len(rows) :],
            "y": list(values),
            "line": {
                "color": COLOURS[place % len(COLOURS)],
                "width": 1.4,
                "dash": "solid" if place < len(COLOURS) else "dot",
            },
        }
        for place, (latent, values) in enumerate(zip(latent_names(len(columns)), columns, strict=True))
    ]
    return figure(traces, layout(f"{name}: KL of each latent while training", "step", "KL to the prior (nats)"))


def kl_bars(name: str, statistics: Sequence[LatentStatistics]) -> Figure:
    """KL of each latent, largest first, with the share that the first n latents hold.

    Raises
    ------
    NotFound
        If the model has no statistics.
    """
    if not statistics:
        raise NotFound("this model has no latent statistics: import it with --dataset to get them")
    order = sorted(range(len(statistics)), key=lambda latent: -statistics[latent].kl_nats)
    values = np.array([statistics[latent].kl_nats for latent in order])
    names = [f"z{latent}" for latent in order]
    traces: list[dict[str, Any]] = []
    for state, colour in STATE_COLOURS.items():
        places = [place for place, latent in enumerate(order) if statistics[latent].state == state]
        if places:
            traces.append(
                {
                    "type": "bar",
                    "name": state,
                    "x": [names[place] for place in places],
                    "y": values[places].tolist(),
                    "marker": {"color": colour},
                }
            )
    total = float(values.sum()) or 1.0
    share = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "share of the first n",
        "x": names,
        "y": (values.cumsum() / total).tolist(),
        "yaxis": "y2",
        "line": {"color": "#0f766e", "width": 1.4},
    }
    frame = layout(f"{name}: KL of each latent", "latent, by KL", "KL to the prior (nats per image)")
    frame["xaxis"] |= {"categoryorder": "array", "categoryarray": names}
    frame["yaxis2"] = {"title": {"text": "share of the sum"}, "overlaying": "y", "side": "right", "range": [0, 1.03]}
    frame["legend"] = {"orientation": "h", "y": -0.25}
    return figure([*traces, share], frame, latents=order)

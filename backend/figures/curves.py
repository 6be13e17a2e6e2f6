"""Curves of training: parts of the loss, KL per latent."""

from collections.abc import Sequence

import numpy as np

from backend.figures.base import ACCENT, FAINT, SOFT, axis, colour_line, figure, layout, words
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import AUTOENCODER, LatentStatistics, Manifest

MIN_DISTANCE = 0.07
"""Smallest distance of two names at the ends of lines, as a share of the largest value."""
NO_KL = "got an autoencoder; allowed: variational models, since an autoencoder has no KL; choose another model"
STATES = {"active": "", "weak": " weak", "dead": " dead", "saturated": " sat."}


def history(name: str, record: JsonObject) -> JsonObject:
    """Return every part of the loss over the steps; the reconstruction has its own axis, because it is far larger.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    record : dict
        `history.json`: ``step`` and ``parts``; terms of the loss are in nats per image.
    """
    parts: dict[str, list[float | None]] = record.get("parts", {})
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": words(part),
            "meta": part,
            "x": record["step"],
            "y": values,
            "yaxis": "y" if part.startswith(("reconstruction", "total")) else "y2",
            "line": colour_line(place, 2),
            "hovertemplate": "step %{x}: %{y:.4~g}<extra></extra>",
        }
        for place, (part, values) in enumerate(parts.items())
    ]
    frame = layout(f"{name}: parts of the loss", 300, (64, 64, 8, 84), showlegend=True)
    frame["xaxis"] = axis("training step", showgrid=False)
    frame["yaxis"] = axis("reconstruction, total, nats")
    frame["yaxis2"] = axis("other parts", overlaying="y", side="right", showgrid=False, tickmode="auto")
    frame["legend"] = {"orientation": "h", "y": -0.26, "yanchor": "top", "font": {"size": 11}}
    return figure(traces, frame, parts=list(parts))


def kl_over_steps(manifest: Manifest, record: JsonObject) -> JsonObject:
    """Return the KL of each latent over the steps, the latent of the largest final KL first.

    Raises
    ------
    NotFound
        If the history holds none, or the model is an autoencoder.
    """
    if manifest.objective == AUTOENCODER:
        raise NotFound(NO_KL)
    rows: list[list[float]] = record.get("kl", [])
    if not rows:
        raise NotFound(
            "got a history without KL per latent; allowed: histories with it; export the model again from its run"
        )
    steps = record["step"][-len(rows) :]
    order = sorted(range(len(rows[-1])), key=lambda latent: -rows[-1][latent])
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"z{latent}",
            "meta": latent,
            "x": steps,
            "y": [row[latent] for row in rows],
            "line": colour_line(place, 1.6),
            "hovertemplate": f"z{latent}: %{{y:.3f}} nats<extra></extra>",
        }
        for place, latent in enumerate(order)
    ]
    frame = layout(f"{manifest.name}: KL of each latent while training", 260, (58, 60, 8, 44))
    frame["xaxis"] = axis("training step", showgrid=False)
    frame["yaxis"] = axis("KL to the prior, nats per image")
    frame["annotations"] = _names_at_ends([(f"z{latent}", rows[-1][latent]) for latent in order], steps[-1])
    return figure(traces, frame, latents=order)


def _names_at_ends(ends: Sequence[tuple[str, float]], x: float) -> list[JsonObject]:
    """Return names beside the ends of lines, largest first: near ones share a line, those near 0 get none."""
    apart = MIN_DISTANCE * ends[0][1]
    placed: list[tuple[str, float]] = []
    for name, y in ends:
        if y < apart or y <= 0:
            break
        if placed and placed[-1][1] - y < apart:
            placed[-1] = (f"{placed[-1][0]} {name}", placed[-1][1])
        else:
            placed.append((name, y))
    style = {"xanchor": "left", "xshift": 3, "showarrow": False, "font": {"size": 11, "color": SOFT}}
    return [{"x": x, "y": y, "text": text, **style} for text, y in placed]


def kl_bars(name: str, statistics: Sequence[LatentStatistics]) -> JsonObject:
    """Return the KL of each latent, largest first, with the share that the first n latents hold.

    Raises
    ------
    NotFound
        If the model has no statistics, or no KL.
    """
    if not statistics:
        raise NotFound("got a model without latent statistics; allowed: models with them; import it with --dataset")
    known = [each.kl_nats for each in statistics if each.kl_nats is not None]
    if len(known) < len(statistics):
        raise NotFound(NO_KL)
    order = sorted(range(len(known)), key=lambda latent: -known[latent])
    values = np.array([known[latent] for latent in order])
    places = list(range(len(order)))
    bars = {
        "type": "bar",
        "name": "KL",
        "x": places,
        "y": values.tolist(),
        "customdata": order,
        "marker": {"color": ACCENT},
        "hovertemplate": "z%{customdata}: %{y:.3f} nats<extra></extra>",
    }
    share = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "share of the first n",
        "x": places,
        "y": (values.cumsum() / (float(values.sum()) or 1.0)).tolist(),
        "yaxis": "y2",
        "line": {"color": FAINT, "width": 1.4},
        "marker": {"color": FAINT, "size": 4},
        "text": [str(place + 1) for place in places],
        "hovertemplate": "the first %{text} hold %{y:.3f} of the sum<extra></extra>",
    }
    below = 54 if len(order) <= 10 else 68  # room for "z12 dead" upright
    frame = layout(f"{name}: KL of each latent, largest first", 196 + below, (52, 52, 8, below), bargap=0.25)
    frame["xaxis"] = axis(
        tickvals=places,
        ticktext=[f"z{latent}{STATES[statistics[latent].state]}" for latent in order],
        fixedrange=True,
        showgrid=False,
    )
    frame["yaxis"] = axis("mean KL, nats per image", fixedrange=True, rangemode="tozero")
    frame["yaxis2"] = axis(
        "share of the sum",
        overlaying="y",
        side="right",
        range=[0, 1.03],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        ticktext=["0", ".25", ".5", ".75", "1"],
        fixedrange=True,
        showgrid=False,
    )
    return figure([bars, share], frame, latents=order)

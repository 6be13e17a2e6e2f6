"""Figures of a sample of codes: scatter of two latents, tuning curves over the factors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import ACCENT, DENSITY, SOFT, axis, figure, layout, words
from backend.models.samples import CodeSample, SampleFactor
from models_zoo.json_types import JsonObject

WHEEL = ("#d6336c", "#f08c00", "#74b816", "#1098ad", "#7048e8", "#d6336c")
"""Colours of a cyclic factor: the last one is the first."""
ACROSS = 2
PANEL_PIXELS = 148
MAX_POINTS = 1500
GOLDEN = 0.618034


def marker_of(factor: SampleFactor) -> JsonObject:
    """Return the colour scale of the points by the classes of a factor."""
    cyclic = factor.kind == "cyclic"
    return {
        "colorscale": [[place / 5, colour] for place, colour in enumerate(WHEEL)] if cyclic else "Viridis",
        "cmin": 0,
        "cmax": max(1, factor.size - (0 if cyclic else 1)),
        "showscale": True,
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "title": {"text": words(factor.name), "side": "right", "font": {"size": 11}},
            "tickfont": {"size": 10, "color": SOFT},
        },
    }


def scatter(
    name: str, sample: CodeSample, factors: Sequence[SampleFactor], *, x: int, y: int, colour: int | None = None
) -> JsonObject:
    """Return the codes of random images along two latents, coloured by the classes of a factor.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    sample : CodeSample
        Image numbers travel as `customdata`, so that the page can show the image.
    factors : sequence of SampleFactor
        ``layout.meta.markers`` holds the colour scale of each.
    x, y : int
        Latents.
    colour : int, optional
        Factor that colours the points.
    """
    markers = [marker_of(each) for each in factors]
    marker: JsonObject = {"size": 5, "opacity": 0.75, "color": ACCENT}
    if colour is not None:
        marker |= markers[colour] | {"color": sample.labels[:, colour].tolist()}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": np.round(sample.mean[:, x].astype(np.float64), 4).tolist(),
        "y": np.round(sample.mean[:, y].astype(np.float64), 4).tolist(),
        "customdata": sample.indices.tolist(),
        "marker": marker,
        "hovertemplate": "image %{customdata}<br>%{x:.2f}, %{y:.2f}<extra></extra>",
        "name": "images",
    }
    by = "" if colour is None else f" by {words(factors[colour].name)}"
    frame = layout(f"{name}: codes{by}", 360, (56, 12 if colour is None else 84, 8, 44))
    frame["xaxis"] = axis(f"z{x} (posterior mean)")
    frame["yaxis"] = axis(f"z{y} (posterior mean)")
    return figure([trace], frame, x=x, y=y, factors=[each.name for each in factors], markers=markers)


def tuning_curve(
    codes: NDArray[np.float32], classes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of one latent (n,) for each class that occurs; -1 is left out."""
    values = np.unique(classes[classes >= 0])
    means = np.array([codes[classes == value].mean(dtype=np.float64) for value in values])
    spreads = np.array([codes[classes == value].std(dtype=np.float64) for value in values])
    return values, means, spreads


@dataclass(frozen=True)
class Panel:
    """One small chart of a latent over a factor."""

    latent: int
    factor: SampleFactor
    codes: NDArray[np.float32]
    classes: NDArray[np.int64]

    def curve(self, axes: JsonObject) -> list[JsonObject]:
        """Return the mean code of each class with a band of one standard deviation."""
        x, mean, spread = tuning_curve(self.codes, self.classes)
        counts = np.bincount(self.classes[self.classes >= 0])
        band = np.concatenate([mean + spread, (mean - spread)[::-1]])
        return [
            {
                "type": "scatter",
                "mode": "lines",
                "x": [*x.tolist(), *x[::-1].tolist()],
                "y": band.round(4).tolist(),
                "fill": "toself",
                "fillcolor": DENSITY,
                "line": {"width": 0},
                "hoverinfo": "skip",
                **axes,
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": x.tolist(),
                "y": mean.round(4).tolist(),
                "line": {"color": ACCENT, "width": 2},
                "marker": {"size": 4, "color": ACCENT},
                "name": f"z{self.latent} given {words(self.factor.name)}",
                "customdata": [[self.factor.text(place), int(counts[place])] for place in x.tolist()],
                "hovertemplate": f"%{{customdata[0]}}: %{{y:.3f}}<extra>z{self.latent}</extra>",
                **axes,
            },
        ]

    def points(self, axes: JsonObject) -> list[JsonObject]:
        """Return the code of each image beside its class, moved sideways by up to a quarter of a class."""
        rows = np.linspace(0, len(self.codes), min(MAX_POINTS, len(self.codes)), endpoint=False).astype(np.int64)
        rows = rows[self.classes[rows] >= 0]
        shift = (np.arange(len(rows)) * GOLDEN % 1 - 0.5) / 2
        return [
            {
                "type": "scatter",
                "mode": "markers",
                "x": np.round(self.classes[rows] + shift, 2).tolist(),
                "y": np.round(self.codes[rows].astype(np.float64), 3).tolist(),
                "marker": {"size": 3, "color": ACCENT, "opacity": 0.35},
                "hovertemplate": "%{y:.2f}<extra></extra>",
                **axes,
            }
        ]

    def x_axis(self, *, narrow: bool) -> JsonObject:
        """Return an axis with all classes of a small factor, else ends and middle; in a narrow chart the ends."""
        last = self.factor.size - 1
        places = list(range(last + 1)) if last < 3 else [0, last // 2, last]
        places = [places[0], places[-1]] if narrow else places
        texts = [self.factor.text(place) for place in places]
        return {"fixedrange": True, "showgrid": False, "zeroline": False, "tickvals": places, "ticktext": texts}


def tuning(
    name: str,
    sample: CodeSample,
    latents: Sequence[int],
    factors: Sequence[SampleFactor],
    *,
    points: bool = False,
) -> JsonObject:
    """Return small charts of latents over factors: E[z_i | class] with a band, or the codes themselves.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    sample : CodeSample
    latents : sequence of int
        Rows; of one latent, or over one factor, the charts stand two in a row, each with its title and ticks.
    factors : sequence of SampleFactor
        Columns.
    points : bool
        Codes of up to 1,500 images against the class instead of curves.
    """
    grid = len(latents) > 1 and len(factors) > 1
    across = len(factors) if grid else ACROSS
    down = -(-len(latents) * len(factors) // across)
    subject = "codes by class of the factor" if points else "mean code given the factor, ± one standard deviation"
    frame = layout(f"{name}: {subject}", max(220, 44 + PANEL_PIXELS * down), (52, 10, 24, 28), annotations=[])
    low, high = np.quantile(sample.mean[:, list(latents)].astype(np.float64), (0.005, 0.995), axis=0)
    bounds = [round(float(low.min()) - 0.2, 4), round(float(high.max()) + 0.2, 4)]
    gap = (0.2 if grid else 0.12) / across
    traces: list[JsonObject] = []
    panels = [
        Panel(latent, factor, sample.mean[:, latent], sample.labels[:, factor.column])
        for latent in latents
        for factor in factors
    ]
    for number, panel in enumerate(panels):
        suffix = "" if number == 0 else str(number + 1)
        left = number % across / across + (gap if number % across else 0)
        top = 1 - number // across / down
        domain = [left, min(1.0, left + 1 / across - gap)]
        frame[f"xaxis{suffix}"] = panel.x_axis(narrow=grid) | {
            "domain": domain,
            "anchor": f"y{suffix}",
            "showticklabels": not grid or number // across == down - 1,
        }
        frame[f"yaxis{suffix}"] = axis(
            "" if number % across else f"z{panel.latent}" if grid or len(latents) == 1 else "code",
            domain=[max(0.0, top - 0.76 / down), top - 0.1 / down],
            anchor=f"x{suffix}",
            range=bounds,
            fixedrange=True,
            nticks=4,
            zeroline=True,
            showticklabels=not grid or number % across == 0,
        )
        axes: JsonObject = {
            "xaxis": f"x{suffix}",
            "yaxis": f"y{suffix}",
            "meta": [panel.latent, panel.factor.column],
        }
        traces += panel.points(axes) if points else panel.curve(axes)
        if grid and number >= across:
            continue
        if grid:
            text = words(panel.factor.name)
        else:
            text = panel.factor.title if len(latents) == 1 else f"z{panel.latent} over {panel.factor.title}"
        place = {"x": left, "xanchor": "left", "y": top - 0.09 / down, "yanchor": "bottom"}
        style = {"xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 12}}
        frame["annotations"].append({"text": text, **place, **style})
    return figure(
        traces, frame, latents=list(latents), factors=[each.name for each in factors], images=len(sample.mean)
    )

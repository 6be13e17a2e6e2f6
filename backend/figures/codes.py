"""Figures of a sample of codes: scatter of two latents, tuning curves over the factors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.figures.base import COLOURS, Figure, figure, layout

BAND = "rgba(11, 107, 203, 0.18)"


def scatter(
    name: str,
    codes: NDArray[np.float32],
    indices: NDArray[np.int64],
    *,
    x: int,
    y: int,
    colour: tuple[str, NDArray[np.int64]] | None = None,
) -> Figure:
    """Codes of random images along two latents, coloured by the classes of a factor.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    codes : float32 array of shape (n, latents)
    indices : int64 array of shape (n,)
        Image numbers; they travel as `customdata`, so that the page can show the image.
    x, y : int
        Latents.
    colour : (str, int64 array of shape (n,)), optional
        Name and classes of the factor.
    """
    marker: dict[str, Any] = {"size": 5, "opacity": 0.7, "color": COLOURS[0]}
    if colour is not None:
        bar = {"title": {"text": colour[0], "side": "right"}, "thickness": 12}
        marker |= {"color": colour[1].tolist(), "colorscale": "Viridis", "showscale": True, "colorbar": bar}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": np.round(codes[:, x].astype(np.float64), 4).tolist(),
        "y": np.round(codes[:, y].astype(np.float64), 4).tolist(),
        "customdata": indices.tolist(),
        "marker": marker,
        "hovertemplate": f"image %{{customdata}}<br>z{x} = %{{x:.2f}}, z{y} = %{{y:.2f}}<extra></extra>",
        "name": "images",
    }
    by = f" by {colour[0]}" if colour else ""
    frame = layout(f"{name}: codes{by}", f"z{x} (posterior mean)", f"z{y} (posterior mean)", showlegend=False)
    return figure([trace], frame, x=x, y=y)


def tuning_curve(
    codes: NDArray[np.float32], classes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of one latent (n,) for each class that occurs; -1 is left out."""
    values = np.unique(classes[classes >= 0])
    means = np.array([codes[classes == value].mean(dtype=np.float64) for value in values])
    spreads = np.array([codes[classes == value].std(dtype=np.float64) for value in values])
    return values, means, spreads


def tuning(
    name: str,
    codes: NDArray[np.float32],
    labels: NDArray[np.int64],
    latents: list[int],
    factors: list[tuple[int, str]],
) -> Figure:
    """Small multiples: E[z_i | class of the factor] with a band of one standard deviation.

    Parameters
    ----------
    name : str
        Name of the model, for the title.
    codes : float32 array of shape (n, latents)
    labels : int64 array of shape (n, factors)
    latents : list of int
        Rows.
    factors : list of (int, str)
        Columns: number and name.
    """
    frame = layout(f"{name}: mean code given the factor, ± one standard deviation", "", "", showlegend=False)
    frame["grid"] = {
        "rows": len(latents),
        "columns": len(factors),
        "pattern": "independent",
        "xgap": 0.06,
        "ygap": 0.08,
    }
    frame["height"] = 90 + 110 * len(latents)
    del frame["xaxis"], frame["yaxis"]
    traces: list[dict[str, Any]] = []
    for row, latent in enumerate(latents):
        bound = float(np.abs(codes[:, latent]).max(initial=1e-3)) * 1.05
        for column, (factor, factor_name) in enumerate(factors):
            number = row * len(factors) + column + 1
            suffix = "" if number == 1 else str(number)
            x, mean, spread = tuning_curve(codes[:, latent], labels[:, factor])
            axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            band = np.concatenate([mean + spread, (mean - spread)[::-1]])
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [*x.tolist(), *x[::-1].tolist()],
                    "y": band.round(4).tolist(),
                    "fill": "toself",
                    "fillcolor": BAND,
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                    **axes,
                }
            )
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": x.tolist(),
                    "y": mean.round(4).tolist(),
                    "line": {"color": COLOURS[0], "width": 1.6},
                    "name": f"z{latent} given {factor_name}",
                    "hovertemplate": f"{factor_name} %{{x}}: z{latent} = %{{y:.3f}}<extra></extra>",
                    **axes,
                }
            )
            last = row == len(latents) - 1
            frame[f"xaxis{suffix}"] = {
                "title": {"text": f"{factor_name} (class)"} if last else {},
                "showticklabels": last,
            }
            frame[f"yaxis{suffix}"] = {
                "title": {"text": f"z{latent}"} if column == 0 else {},
                "range": [-bound, bound],
                "showticklabels": column == 0,
            }
    return figure(traces, frame, latents=latents, factors=[each for _, each in factors])

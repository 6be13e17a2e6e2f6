"""Figures of latents by factors: Pearson correlations, mutual information, the matrix of SAP."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.figures.association import diagonal_order
from backend.figures.base import (
    COLD,
    FAINT,
    HOT,
    SOFT,
    STILL,
    SURFACE,
    TEXT,
    add_note,
    figure,
    layout,
    short,
    words,
)
from models_zoo.errors import NotFound
from models_zoo.json_types import JsonObject
from models_zoo.manifest import Manifest
from training.metrics.cbd import parts

Floats = NDArray[np.float64]
CELL = 30
BAR, SPACE = 36, 10
LETTER, SLANT_DEGREES = 6.3, 38
DARK_SHARE = 0.7
SEQUENTIAL = [[0, f"rgba({HOT}, 0.05)"], [1, f"rgba({HOT}, 0.97)"]]
DIVERGING = [[0, f"rgb({COLD})"], [0.5, SURFACE], [1, f"rgb({HOT})"]]
FLAGS = {"categorical": " ∷", "cyclic": " ○"}
"""Marks of the kinds of factors that Pearson correlation is not meant for."""


def latent_labels(manifest: Manifest) -> list[str]:
    """Return the labels of latents: number, ``dead``, and the learned weight where the objective has one per latent."""
    dead = [each.state == "dead" for each in manifest.statistics] or [False] * manifest.latents
    labels = [f"z{latent} dead" if dead[latent] else f"z{latent}" for latent in range(manifest.latents)]
    for values in manifest.learned_weights.values():
        if isinstance(values, list) and len(values) == manifest.latents > 1:
            return [f"{label} ({float(value):.2f})" for label, value in zip(labels, values, strict=True)]
    return labels


def matrix_layout(
    title: str, rows: Sequence[str], columns: Sequence[str], sides: tuple[str, str], foot: int = 0
) -> JsonObject:
    """Return the layout of labelled rows and columns of 30 pixels, with bars beside the rows and below the columns.

    Parameters
    ----------
    title : str
    rows, columns : sequence of str
        Labels of latents and of factors.
    sides : (str, str)
        Titles of the bars beside and below.
    foot : int
        Pixels below the bars, for a legend on the axes x3 and y3.
    """
    height = CELL * len(rows) + SPACE + BAR + (foot and SPACE + foot)
    headroom = LETTER * max(map(len, columns), default=1) * np.sin(np.radians(SLANT_DEGREES)) + 30
    margin = (24 + int(LETTER * max([*map(len, rows), 8])), 10, int(headroom), 6)
    top = ((foot and foot + SPACE) + BAR) / height
    beside, below = ({"text": text, "font": {"size": 11, "color": SOFT}, "standoff": 4} for text in sides)
    frame = layout(title, height + margin[2] + margin[3], margin, bargap=0.55)
    frame["xaxis"] = STILL | {
        "domain": [0, 0.84],
        "range": [-0.5, len(columns) - 0.5],
        "tickvals": list(range(len(columns))),
        "ticktext": list(columns),
        "tickangle": -SLANT_DEGREES,
        "side": "top",
        "anchor": "y",
    }
    frame["yaxis"] = STILL | {
        "domain": [top + SPACE / height, 1],
        "range": [len(rows) - 0.5, -0.5],
        "tickvals": list(range(len(rows))),
        "ticktext": list(rows),
        "anchor": "x",
        "automargin": True,
    }
    bars = STILL | {"range": [0, 1], "tickvals": []}
    frame["xaxis2"] = bars | {"domain": [0.87, 1], "anchor": "y", "title": beside, "side": "top"}
    frame["yaxis2"] = bars | {"domain": [top - BAR / height, top], "anchor": "x", "title": below}
    if foot:
        frame["xaxis3"] = STILL | {"domain": [0, 0.84], "anchor": "y3", "range": [-0.4, 3], "tickvals": []}
        frame["yaxis3"] = STILL | {"domain": [0, foot / height], "anchor": "x3", "range": [-1, 1], "tickvals": []}
    return frame


def side_bars(values: Floats, meaning: str, *, beside: bool) -> JsonObject:
    """Return bars of one value per row, beside the rows, or of one per column, below the columns."""
    lengths, places = np.round(values, 6).tolist(), list(range(len(values)))
    return {
        "type": "bar",
        "orientation": "h" if beside else "v",
        "x": lengths if beside else places,
        "y": places if beside else lengths,
        "xaxis": "x2" if beside else "x",
        "yaxis": "y" if beside else "y2",
        "name": meaning,
        "marker": {"color": FAINT},
        "hovertemplate": f"{meaning} %{{{'x' if beside else 'y'}:.3f}}<extra></extra>",
    }


def heat_map(values: Floats, factors: Sequence[str], limits: tuple[float, float]) -> list[JsonObject]:
    """Return a heat map and the text of its cells.

    Parameters
    ----------
    values : float64 array of shape (latents, factors)
    factors : sequence of str
        Names as text.
    limits : (float, float)
        Values of the first and the last colour; below 0, the scale diverges.
    """
    latents, columns = (index.ravel().tolist() for index in np.indices(values.shape))
    strong = np.abs(values) / limits[1] > DARK_SHARE
    heat = {
        "type": "heatmap",
        "z": np.round(values, 6).tolist(),
        "x": list(range(values.shape[1])),
        "y": list(range(values.shape[0])),
        "zmin": limits[0],
        "zmax": limits[1],
        "colorscale": DIVERGING if limits[0] < 0 else SEQUENTIAL,
        "showscale": False,
        "customdata": [[[latent, k, name] for k, name in enumerate(factors)] for latent in range(len(values))],
        "hovertemplate": "z%{customdata[0]} and %{customdata[2]}: %{z:.3f}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    cells = {
        "type": "scatter",
        "mode": "text",
        "x": columns,
        "y": latents,
        "customdata": [list(pair) for pair in zip(latents, columns, strict=True)],
        "text": [short(value) for value in values.ravel().tolist()],
        "textfont": {"size": 11, "color": np.where(strong.ravel(), SURFACE, TEXT).tolist()},
        "hoverinfo": "skip",
    }
    return [heat, cells]


def pearson_of_manifest(manifest: Manifest) -> Floats:
    """Return the signed correlations (latents, factors) of the manifest.

    Raises
    ------
    NotFound
        If the model was exported without factors.
    """
    if not manifest.statistics or not manifest.factor_names:
        raise NotFound(
            f"got model {manifest.id!r}, which has no factors; allowed: models of a labelled data set; import it with "
            "one"
        )
    rows = [[each.correlations.get(name, 0.0) for name in manifest.factor_names] for each in manifest.statistics]
    return np.array(rows)


def pcc(
    manifest: Manifest,
    kinds: Sequence[str],
    *,
    suited: Floats | None = None,
    signed: bool = False,
    diagonalise: bool = False,
) -> JsonObject:
    """Return the heat map of |r| or r with the gaps that CbD averages.

    Parameters
    ----------
    manifest : Manifest
    kinds : sequence of str
        Kind of each factor; categorical and cyclic ones are marked, because Pearson is not meant for them.
    suited : float64 array of shape (latents, factors), optional
        Association by kind of factor, to show instead.
    signed : bool
        r on a scale fixed to [-1, 1] instead of |r|.
    diagonalise : bool
        Order the rows by `diagonal_order`; ``layout.meta.diagonal`` gives that order in any case.
    """
    pearson = pearson_of_manifest(manifest)
    rows, columns = parts(np.abs(pearson))
    diagonal = diagonal_order(pearson)
    order = diagonal if diagonalise else list(range(manifest.latents))
    names = [words(name) for name in manifest.factor_names]
    marked = [name + FLAGS.get(kind, "") for name, kind in zip(names, kinds, strict=True)]
    if suited is not None:
        shown, kind = suited, "Association by kind of factor"
    elif signed:
        shown, kind = pearson, "Pearson correlation"
    else:
        shown, kind = np.abs(pearson), "Absolute Pearson correlation"
    score = float(rows.mean() + columns.mean()) / 2
    labels = latent_labels(manifest)
    title = f"{manifest.name}: {kind} of latents and factors. CbD {short(score)}"
    frame = matrix_layout(title, [labels[latent] for latent in order], marked, ("gap", "gap"))
    heat, cells = heat_map(shown[order], names, (-1.0, 1.0) if signed and suited is None else (0.0, 1.0))
    heat["customdata"] = [[[latent, k, name] for k, name in enumerate(names)] for latent in order]
    cells["customdata"] = [[latent, k] for latent in order for k in range(len(names))]
    if suited is None and marked != names:
        add_note(frame, "∷ categorical, ○ cyclic: Pearson correlation is not meant for these factors")
    return figure(
        [
            heat,
            cells,
            side_bars(rows[order], "compactness", beside=True),
            side_bars(columns, "modularity", beside=False),
        ],
        frame,
        latents=order,
        factors=list(manifest.factor_names),
        kinds=list(kinds),
        diagonal=diagonal,
        cbd={"score": score, "compactness": float(rows.mean()), "modularity": float(columns.mean())},
        images=manifest.statistics_rows,
    )


KINDS = {
    "mi": "mutual information (nats)",
    "sap": "score of predicting the factor from one latent",
}


def matrix_figure(kind: str, manifest: Manifest, values: Floats, factors: Sequence[str]) -> JsonObject:
    """Return a heat map with the gap between the two best latents of each factor below.

    Parameters
    ----------
    kind : {"mi", "sap"}
        Mutual information in nats, or the matrix of SAP.
    manifest : Manifest
    values : float64 array of shape (latents, factors)
    factors : sequence of str
    """
    upper = float(values.max(initial=0.0)) or 1.0
    upper = upper if kind == "mi" else max(upper, 1.0)
    largest, second = np.sort(np.vstack([values, np.zeros(values.shape[1])]), axis=0)[:-3:-1]
    names = [words(name) for name in factors]
    frame = matrix_layout(f"{manifest.name}: {KINDS[kind]}", latent_labels(manifest), names, ("", "gap"))
    frame["xaxis"]["domain"], frame["yaxis2"]["range"] = [0, 1], [0, upper]
    del frame["xaxis2"]
    bars = side_bars(largest - second, "gap of the two best latents", beside=False)
    return figure(
        [*heat_map(values, names, (0.0, upper)), bars],
        frame,
        latents=list(range(len(values))),
        factors=list(factors),
    )

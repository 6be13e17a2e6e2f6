"""SVG and PNG of this service's Plotly documents, drawn by Matplotlib without pyplot.

Importing this module loads Matplotlib, so only the request for such a picture does. Its settings are process-wide and
are set here once: they make the pictures the same on each machine, and the text of SVG files text.
"""

import io
from itertools import pairwise
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from backend.figures.base import SERIES, SOFT, TEXT
from backend.figures.drawn_traces import POINTS, UNITS_PER_INCH, draw_trace
from models_zoo.errors import InvalidInput
from models_zoo.json_types import JsonObject

mpl.rcdefaults()
mpl.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "svg.fonttype": "none",
        "svg.hashsalt": "axiscope",
        "text.parse_math": False,
        "axes.edgecolor": "#78808c",
        "axes.linewidth": 0.6,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
    }
)

WIDTH = 760
PNG_SCALE = 2
MAX_PIXELS = 20_000_000
MAX_PANELS = 120
GAP = 4
"""Least distance between two texts, and between the title and the edge, in pixels."""
MAX_COLUMNS = 5
"""Entries of the legend side by side at most."""
MIN_TICK_SIZE = 6 * POINTS


def _key(name: str) -> str:
    """Return the key of an axis: ``xaxis2`` for ``x2``."""
    return f"{name[0]}axis{name[1:]}"


def _fit_tick_labels(axes: Axes) -> None:
    """Shrink horizontal labels below an axis that would run into each other; Plotly turns such labels instead."""
    shown = (label for label in axes.get_xticklabels() if label.get_visible() and label.get_text())
    labels = [label for label in shown if not label.get_rotation()]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    shares = [
        (right.x0 + right.x1 - left.x0 - left.x1 - 2 * GAP) / (left.width + right.width)
        for left, right in pairwise(boxes)
        if left.width + right.width
    ]
    if labels and min(shares, default=1.0) < 1:
        axes.tick_params("x", labelsize=max(MIN_TICK_SIZE, labels[0].get_fontsize() * min(shares)))


class _Sheet:
    """Drawing of one document: each pair of axes that traces name becomes an `Axes`."""

    def __init__(self, document: JsonObject, scale: int) -> None:
        self.data, self.layout = document["data"], document["layout"]
        self.width, self.height = self.layout.get("width", WIDTH), self.layout["height"]
        pairs = dict.fromkeys((trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in self.data)
        if len(pairs) > MAX_PANELS or self.width * self.height * scale**2 > MAX_PIXELS:
            raise InvalidInput(
                f"got a figure of {len(pairs)} charts on {self.width} x {self.height} pixels; allowed as a picture: "
                f"{MAX_PANELS} charts, {MAX_PIXELS // scale**2} pixels; request fewer latents, or Plotly JSON"
            )
        self.paper = Figure(figsize=(self.width / UNITS_PER_INCH, self.height / UNITS_PER_INCH), dpi=UNITS_PER_INCH)
        self.axes: dict[tuple[str, str], Axes] = {}
        for pair in pairs:
            self.axes[pair] = self._axes(*pair)

    def _rectangle(self, x: tuple[float, float], y: tuple[float, float]) -> tuple[float, float, float, float]:
        """Return left, bottom, width, height as shares of the paper, of shares of the area within the margins."""
        margin = self.layout["margin"]
        across = 1 - (margin["l"] + margin["r"]) / self.width
        up = 1 - (margin["t"] + margin["b"]) / self.height
        left, bottom = margin["l"] / self.width + x[0] * across, margin["b"] / self.height + y[0] * up
        return left, bottom, (x[1] - x[0]) * across, (y[1] - y[0]) * up

    def _axes(self, x: str, y: str) -> Axes:
        across, up = self.layout.get(_key(x), {}), self.layout.get(_key(y), {})
        over = up.get("overlaying")
        domain = self.layout[_key(over)].get("domain", (0, 1)) if over else up.get("domain", (0, 1))
        same_x = next((axes for (name, _), axes in self.axes.items() if name == x), None)
        same_y = next((axes for (_, name), axes in self.axes.items() if name == y), None)
        place = self._rectangle(across.get("domain", (0, 1)), domain)
        axes = self.paper.add_axes(place, sharex=same_x, sharey=same_y)
        axes.spines[["top", "right"]].set_visible(False)
        if over:
            axes.patch.set_visible(False)
        return axes

    def draw(self) -> None:
        """Draw traces, axes, annotations, title and legend."""
        for number, trace in enumerate(self.data):
            axes = self.axes[trace.get("xaxis", "x"), trace.get("yaxis", "y")]
            points = draw_trace(axes, trace, SERIES[number % len(SERIES)], self.layout.get("bargap", 0.2))
            if points is not None and trace["marker"].get("showscale"):
                self._colour_bar(points, trace["marker"]["colorbar"])
        for (x, y), axes in self.axes.items():
            self._style(axes, x, y)
        for note in self.layout.get("annotations", []):
            self._annotate(note)
        title = self.layout["title"]
        size = title["font"]["size"] * POINTS
        heading = self.paper.text(0.5, 1 - 18 / self.height, title["text"], ha="center", va="center", color=TEXT)
        heading.set_fontsize(size)
        width = heading.get_window_extent().width
        heading.set_fontsize(size * min(1.0, (self.width - 2 * GAP) / width))
        for axes in self.axes.values():
            _fit_tick_labels(axes)
        if self.layout["showlegend"]:
            self._add_legend()

    def _add_legend(self) -> None:
        """Put the legend below, in as many columns as the figure is wide for."""
        for columns in range(MAX_COLUMNS, 0, -1):
            legend = self.paper.legend(loc="lower left", ncols=columns, frameon=False, fontsize=11 * POINTS)
            if columns == 1 or legend.get_window_extent().width <= self.width:
                return
            legend.remove()

    def _colour_bar(self, points: PathCollection, bar: JsonObject) -> None:
        place = self._rectangle((1.02, 1.02), (0.0, 1.0))
        axes = self.paper.add_axes((place[0], place[1], bar["thickness"] / self.width, place[3]))
        drawn = self.paper.colorbar(ScalarMappable(Normalize(*points.get_clim()), points.cmap), cax=axes)
        drawn.outline.set_visible(False)
        axes.tick_params(labelsize=bar["tickfont"]["size"] * POINTS, width=0.5, length=2)
        if "tickvals" in bar:
            drawn.set_ticks(bar["tickvals"], labels=bar["ticktext"])
        drawn.set_label(bar["title"]["text"], fontsize=bar["title"]["font"]["size"] * POINTS)

    def _style(self, axes: Axes, x: str, y: str) -> None:
        """Set ticks, titles, ranges and grid lines; axes that several charts share have labels at the anchor."""
        across, up = self.layout.get(_key(x), {}), self.layout.get(_key(y), {})
        self._style_axis(axes, "x", across, own=across.get("anchor", "y") == y)
        self._style_axis(axes, "y", up, own=up.get("anchor", "x") == x)
        axes.xaxis.set_visible("overlaying" not in up)
        if up.get("showgrid", True):
            axes.grid(axis="y", color="#e4e7ec", linewidth=0.5)
            axes.set_axisbelow(True)
        if not up.get("ticks", "outside"):
            axes.spines[["left", "bottom"]].set_visible(False)

    @staticmethod
    def _style_axis(axes: Axes, letter: Literal["x", "y"], spec: JsonObject, *, own: bool) -> None:
        line = axes.xaxis if letter == "x" else axes.yaxis
        size = spec.get("tickfont", {}).get("size", 11) * POINTS
        side = spec.get("side")
        if side in {"top", "right"}:
            line.set_ticks_position(side)
            line.set_label_position(side)
        if "tickvals" in spec:
            line.set_ticks(spec["tickvals"], spec.get("ticktext", [""] * len(spec["tickvals"])))
            if spec.get("tickangle"):
                for tick in line.get_major_ticks():
                    tick.label2.set(rotation=-spec["tickangle"], ha="left", rotation_mode="anchor")
        elif "nticks" in spec:
            line.set_major_locator(MaxNLocator(spec["nticks"]))
        line.set_tick_params(labelsize=size, length=2 if spec.get("ticks", "outside") else 0, width=0.5, pad=3)
        if not own or not spec.get("showticklabels", True):
            line.set_tick_params(labelleft=False, labelright=False, labeltop=False, labelbottom=False, length=0)
        title = spec.get("title", {})
        if own and title.get("text"):
            line.set_label_text(title["text"], fontsize=title.get("font", {}).get("size", 12) * POINTS, color=TEXT)
        limits = axes.set_xlim if letter == "x" else axes.set_ylim
        if "range" in spec:
            limits(*spec["range"])

    def _annotate(self, note: JsonObject) -> None:
        x, y, coordinates = note["x"], note["y"], "data"
        if note.get("xref") == "paper":
            left, bottom, width, height = self._rectangle((0.0, 1.0), (0.0, 1.0))
            x, y, coordinates = left + x * width, bottom + y * height, "figure fraction"
        next(iter(self.axes.values())).annotate(
            note["text"].replace("<br>", "\n"),
            (x, y),
            xycoords=coordinates,
            xytext=(note.get("xshift", 0) * POINTS, note.get("yshift", 0) * POINTS),
            textcoords="offset points",
            ha=note.get("xanchor", "center"),
            va=note.get("yanchor", "center"),
            fontsize=note["font"]["size"] * POINTS,
            color=note["font"].get("color", TEXT),
            annotation_clip=False,
        )


def draw(document: JsonObject, form: Literal["svg", "png"]) -> bytes:
    """Draw a figure of this service.

    Parameters
    ----------
    document : dict
        Plotly document of the modules beside this one; other documents are not understood.
    form : {"svg", "png"}
        PNG has two pixels for each of the document.

    Raises
    ------
    InvalidInput
        If the picture would be too large.
    """
    scale = PNG_SCALE if form == "png" else 1
    sheet = _Sheet(document, scale)
    sheet.draw()
    stream = io.BytesIO()
    metadata = {"Date": None} if form == "svg" else {"Software": None}
    dots = UNITS_PER_INCH * PNG_SCALE  # in SVG those of the parts that are rasterized
    sheet.paper.savefig(stream, format=form, dpi=dots, metadata=metadata, facecolor="white")
    return stream.getvalue()

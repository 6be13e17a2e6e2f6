"""Plotly documents of this service drawn without Plotly: heat maps, bars, lines, points, rectangles.

Only what backend/figures makes is understood; that is tested for every figure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.figures.base import COLOURS, Figure
from backend.figures.drawing import Anchor, Colour, Disc, Drawing, Shape, parse_colour

WIDTH, HEIGHT = 820, 560
LEFT, RIGHT, TOP, BOTTOM = 92, 96, 56, 96
GRID: Colour = (228, 231, 236, 1.0)
AXIS: Colour = (120, 128, 140, 1.0)
SCALES = {
    "Blues": ["#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b"],
    "RdBu": ["#67001f", "#b2182b", "#d6604d", "#f4a582", "#f7f7f7", "#92c5de", "#4393c3", "#2166ac", "#053061"],
    "Viridis": ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"],
}


def scale_colour(scale: str, share: float, *, reverse: bool = False) -> Colour:
    """Colour of a scale at ``share`` in [0, 1]."""
    stops = [parse_colour(text) for text in SCALES[scale]]
    place = min(max(1 - share if reverse else share, 0.0), 1.0) * (len(stops) - 1)
    low = min(int(place), len(stops) - 2)
    part = place - low
    mixed = [round(a + (b - a) * part) for a, b in zip(stops[low][:3], stops[low + 1][:3], strict=True)]
    return mixed[0], mixed[1], mixed[2], 1.0


def nice_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Round numbers that divide [low, high] into about ``count`` parts."""
    span = high - low or 1.0
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass
class Axis:
    """One axis: where it lies on the sheet, what it spans, and its categories if it has names."""

    start: float
    stop: float
    low: float
    high: float
    categories: list[str]
    spec: dict[str, Any]

    def place(self, value: Any) -> float:
        """Sheet coordinate of a value."""
        number = self.categories.index(value) if isinstance(value, str) else float(value)
        return self.start + (number - self.low) / ((self.high - self.low) or 1.0) * (self.stop - self.start)

    def ticks(self) -> list[tuple[float, str]]:
        """Values with their labels."""
        if self.spec.get("showticklabels") is False:
            return []
        if self.categories:
            return [(float(k), name) for k, name in enumerate(self.categories)]
        if "tickvals" in self.spec:
            return list(zip(self.spec["tickvals"], self.spec.get("ticktext", self.spec["tickvals"]), strict=True))
        low, high = sorted((self.low, self.high))
        count = 6 if abs(self.stop - self.start) > 200 else 3
        return [(value, f"{value:g}") for value in nice_ticks(low, high, count)]


def _key(name: str) -> str:
    """``x2`` as ``xaxis2``."""
    return f"{name[0]}axis{name[1:]}"


def _values(trace: dict[str, Any], letter: str) -> list[Any]:
    values = [value for value in trace.get(letter) or [] if value is not None]
    if trace["type"] == "bar" and letter == ("x" if trace.get("orientation") == "h" else "y"):
        values.append(0)
    return values


def _domain(name: str, layout: dict[str, Any]) -> tuple[float, float]:
    spec = layout.get(_key(name), {})
    base = spec.get("overlaying")
    if base:
        return _domain(base, layout)
    grid = layout.get("grid")
    if not grid:
        low, high = spec.get("domain", (0, 1))
        return low, high
    number = int(name[1:] or 1) - 1
    count, place = (
        (grid["columns"], number % grid["columns"]) if name[0] == "x" else (grid["rows"], number // grid["columns"])
    )
    cell = 1 / count
    if name[0] == "x":
        return place * cell + 0.06 * cell, (place + 1) * cell - 0.06 * cell
    return 1 - (place + 1) * cell + 0.08 * cell, 1 - place * cell - 0.08 * cell


def make_axis(name: str, figure: Figure, size: tuple[int, int]) -> Axis:
    """Axis ``x``, ``y2``, ... of a figure on a sheet of ``size``."""
    layout, letter = figure["layout"], name[0]
    spec = layout.get(_key(name), {})
    traces = [trace for trace in figure["data"] if trace.get(f"{letter}axis", letter) == name]
    values = [value for trace in traces for value in _values(trace, letter)]
    categories = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    categories = list(spec.get("categoryarray", categories)) if categories else []
    if "range" in spec:
        low, high = spec["range"]
    elif categories:
        low, high = -0.5, len(categories) - 0.5
    else:
        numbers = [float(value) for value in values] or [0.0, 1.0]
        margin = 0.04 * ((max(numbers) - min(numbers)) or 1.0)
        bars = any(trace["type"] == "bar" for trace in traces)
        low = min(numbers) - (0.0 if bars and min(numbers) >= 0 else margin)
        high = max(numbers) + margin
    if spec.get("autorange") == "reversed":
        low, high = high, low
    first, last = _domain(name, layout)
    if letter == "x":
        across = size[0] - LEFT - RIGHT
        return Axis(LEFT + first * across, LEFT + last * across, low, high, categories, spec)
    down = size[1] - TOP - BOTTOM
    return Axis(TOP + (1 - first) * down, TOP + (1 - last) * down, low, high, categories, spec)


class Plot:
    """Draws one figure."""

    def __init__(self, figure: Figure, width: int = WIDTH) -> None:
        layout = figure["layout"]
        height = layout.get("height", HEIGHT) + (0 if "height" not in layout else 60)
        self.figure = figure
        self.sheet = Drawing(width, height)
        pairs = {(trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in figure["data"]}
        self.axes = {name: make_axis(name, figure, (width, height)) for pair in pairs for name in pair}
        self.pairs = sorted(pairs)

    def draw(self) -> Drawing:
        """Paint axes, traces, rectangles, title, legend."""
        for pair in self.pairs:
            self._frame(*pair)
        for place, trace in enumerate(self.figure["data"]):
            x, y = self.axes[trace.get("xaxis", "x")], self.axes[trace.get("yaxis", "y")]
            colour = self._colour(trace, place)
            if trace["type"] == "heatmap":
                self._heat_map(trace, x, y)
            elif trace["type"] == "bar":
                self._bars(trace, x, y, colour)
            elif trace["type"] == "scatter":
                self._scatter(trace, x, y, colour)
        self._shapes()
        layout = self.figure["layout"]
        self.sheet.words((LEFT, 24), layout["title"]["text"], 15, "start")
        for note in layout.get("annotations", []):
            self.sheet.words((LEFT, self.sheet.height - 14), note["text"], 10, "start")
        if layout.get("showlegend", True):
            self._legend()
        return self.sheet

    @staticmethod
    def _colour(trace: dict[str, Any], place: int) -> Colour:
        chosen = trace.get("line", {}).get("color") or trace.get("marker", {}).get("color")
        return parse_colour(chosen if isinstance(chosen, str) else COLOURS[place % len(COLOURS)])

    def _owns(self, x_name: str, y_name: str) -> tuple[bool, bool]:
        """Whether labels of x and of y stand here: at the lowest and the leftmost panel of those that share them."""
        lowest = max((self.axes[y].start, y) for x, y in self.pairs if x == x_name)[1]
        leftmost = min((self.axes[x].start, x) for x, y in self.pairs if y == y_name)[1]
        return lowest == y_name, leftmost == x_name

    def _frame(self, x_name: str, y_name: str) -> None:
        x, y = self.axes[x_name], self.axes[y_name]
        owns_x, owns_y = self._owns(x_name, y_name)
        sheet, right = self.sheet, y.spec.get("side") == "right"
        sheet.line([(x.start, y.stop), (x.start, y.start), (x.stop, y.start)], AXIS)
        edge, sign = (x.stop, 1) if right else (x.start, -1)
        anchor: Anchor = "start" if right else "end"
        for value, label in y.ticks():
            at = y.place(value)
            if not y.categories and not right:
                sheet.line([(x.start, at), (x.stop, at)], GRID)
            sheet.words((edge + sign * 6, at), str(label) if owns_y else "", 11, anchor)
        for value, label in x.ticks() if owns_x else ():
            sheet.words((x.place(value), y.start + 13), str(label), 11)
        shown = ((x, owns_x), (y, owns_y))
        titles = [axis.spec.get("title", {}).get("text", "") if owns else "" for axis, owns in shown]
        sheet.words(((x.start + x.stop) / 2, y.start + 34), titles[0], 12)
        far = 52 if not right else 46
        sheet.words((edge + sign * far, (y.start + y.stop) / 2), titles[1], 12, upright=True)

    def _heat_map(self, trace: dict[str, Any], x: Axis, y: Axis) -> None:
        low, high = trace["zmin"], trace["zmax"]
        half_x = abs(x.place(x.low + 1) - x.place(x.low)) / 2 - 0.5
        half_y = abs(y.place(y.low) - y.place(y.low + (1 if y.high > y.low else -1))) / 2 - 0.5
        for row, name in enumerate(trace["y"]):
            for column, factor in enumerate(trace["x"]):
                value = trace["z"][row][column]
                if value is None:
                    continue
                share = (value - low) / ((high - low) or 1.0)
                colour = scale_colour(trace["colorscale"], share, reverse=trace.get("reversescale", False))
                at = x.place(factor), y.place(name)
                self.sheet.rectangle((at[0] - half_x, at[1] - half_y), (at[0] + half_x, at[1] + half_y), colour)
                dark = sum(colour[:3]) < 380
                self.sheet.words(at, f"{value:.2f}", 11)
                if dark:
                    words = self.sheet.marks.pop()
                    self.sheet.marks.append(type(words)(**{**vars(words), "colour": (255, 255, 255, 1.0)}))

    def _bars(self, trace: dict[str, Any], x: Axis, y: Axis, colour: Colour) -> None:
        flat = trace.get("orientation") == "h"
        along, across = (x, y) if flat else (y, x)
        half = abs(across.place(1) - across.place(0)) * 0.36 if not across.categories else 0.0
        half = half or abs(across.stop - across.start) / max(1, len(across.categories)) * 0.36
        for a, b in zip(trace["x"], trace["y"], strict=True):
            length, name = (a, b) if flat else (b, a)
            base, tip, middle = along.place(0), along.place(length), across.place(name)
            corners = (
                ((base, middle - half), (tip, middle + half)) if flat else ((middle - half, tip), (middle + half, base))
            )
            self.sheet.rectangle(*corners, colour)

    def _scatter(self, trace: dict[str, Any], x: Axis, y: Axis, colour: Colour) -> None:
        known = zip(trace["x"], trace["y"], strict=True)
        points = [(x.place(a), y.place(b)) for a, b in known if a is not None and b is not None]
        mode, marker = trace.get("mode", "lines"), trace.get("marker", {})
        if trace.get("fill") == "toself":
            self.sheet.marks.append(Shape(tuple(points), parse_colour(trace["fillcolor"])))
        elif "lines" in mode:
            dash = 4.0 if trace.get("line", {}).get("dash", "solid") != "solid" else 0.0
            self.sheet.line(points, colour, trace.get("line", {}).get("width", 1.5), dash)
        if "markers" in mode and marker.get("opacity", 1) > 0:
            self._discs(points, marker, colour)

    def _discs(self, points: Sequence[tuple[float, float]], marker: dict[str, Any], colour: Colour) -> None:
        values = marker.get("color")
        for place, point in enumerate(points):
            tint = colour
            if isinstance(values, list):
                low, high = min(values), max(values)
                tint = scale_colour(marker.get("colorscale", "Viridis"), (values[place] - low) / ((high - low) or 1))
            self.sheet.marks.append(Disc(point, marker.get("size", 6) / 2, (*tint[:3], marker.get("opacity", 1.0))))

    def _shapes(self) -> None:
        for shape in self.figure["layout"].get("shapes", []):
            x, y = self.axes[shape["xref"]], self.axes[shape["yref"]]
            low = x.place(shape["x0"]), y.place(shape["y0"])
            high = x.place(shape["x1"]), y.place(shape["y1"])
            self.sheet.rectangle(low, high, parse_colour(shape["fillcolor"]))

    def _legend(self) -> None:
        at = float(LEFT)
        for place, trace in enumerate(self.figure["data"]):
            if not trace.get("name"):
                continue
            if at > self.sheet.width - 120:
                break
            y = self.sheet.height - 34
            self.sheet.rectangle((at, y - 4), (at + 14, y + 4), self._colour(trace, place))
            self.sheet.words((at + 19, y), trace["name"], 11, "start")
            at += 34 + 6.2 * len(trace["name"])


def render(figure: Figure) -> Drawing:
    """Drawing of a figure that this service made."""
    return Plot(figure).draw()

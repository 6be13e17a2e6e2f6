"""A sheet of rectangles, lines and words that can be written as SVG or PNG."""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int, float]
Anchor = Literal["start", "middle", "end"]
NAMED: dict[str, Colour] = {"white": (255, 255, 255, 1.0), "black": (0, 0, 0, 1.0)}
PILLOW_ANCHOR = {"start": "lm", "middle": "mm", "end": "rm"}


def parse_colour(text: str) -> Colour:
    """Red, green, blue (0 to 255) and opacity of ``#rrggbb``, ``rgb()``, ``rgba()`` or a few names; black otherwise."""
    if text in NAMED:
        return NAMED[text]
    if re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        red, green, blue = (int(text[place : place + 2], 16) for place in (1, 3, 5))
        return red, green, blue, 1.0
    numbers = [float(part) for part in re.findall(r"[\d.]+", text)]
    if text.startswith("rgb") and len(numbers) >= 3:
        return int(numbers[0]), int(numbers[1]), int(numbers[2]), numbers[3] if len(numbers) > 3 else 1.0
    return NAMED["black"]


@dataclass(frozen=True)
class Shape:
    """Filled polygon, or stroke where ``width`` is above 0."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 0.0
    dash: float = 0.0


@dataclass(frozen=True)
class Disc:
    """Filled circle."""

    centre: Point
    radius: float
    colour: Colour


@dataclass(frozen=True)
class Words:
    """Text whose middle line runs through ``at``; turned by 90 degrees against the clock if ``upright``."""

    at: Point
    text: str
    size: float
    anchor: Anchor = "middle"
    upright: bool = False
    colour: Colour = (27, 31, 36, 1.0)


@dataclass
class Drawing:
    """Marks in the order in which they are painted, on white paper of ``width`` x ``height`` pixels."""

    width: int
    height: int
    marks: list[Shape | Disc | Words] = field(default_factory=list)

    def rectangle(self, low: Point, high: Point, colour: Colour) -> None:
        """Fill the rectangle between two corners."""
        (left, top), (right, bottom) = low, high
        self.marks.append(Shape(((left, top), (right, top), (right, bottom), (left, bottom)), colour))

    def line(self, points: Sequence[Point], colour: Colour, width: float = 1.0, dash: float = 0.0) -> None:
        """Stroke a polygonal line."""
        if len(points) > 1:
            self.marks.append(Shape(tuple(points), colour, width, dash))

    def words(
        self, at: Point, text: str, size: float = 12, anchor: Anchor = "middle", *, upright: bool = False
    ) -> None:
        """Write a text."""
        if text:
            self.marks.append(Words(at, text, size, anchor, upright))

    def to_svg(self) -> str:
        """SVG document."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="Helvetica, Arial, sans-serif">'
        )
        return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *map(_svg, self.marks), "</svg>"])

    def to_png(self, scale: int = 2) -> bytes:
        """PNG file of ``scale`` pixels a unit."""
        paper = Image.new("RGB", (self.width * scale, self.height * scale), "white")
        pen = ImageDraw.Draw(paper, "RGBA")
        for mark in self.marks:
            _paint(paper, pen, mark, scale)
        stream = io.BytesIO()
        paper.save(stream, "PNG")
        return stream.getvalue()


def _css(colour: Colour) -> str:
    return f'rgb({colour[0]},{colour[1]},{colour[2]})"' + (f' fill-opacity="{colour[3]:g}"' if colour[3] < 1 else "")


def _svg(mark: Shape | Disc | Words) -> str:
    if isinstance(mark, Words):
        x, y = mark.at
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if mark.upright else ""
        place = f'x="{x:.1f}" y="{y:.1f}" font-size="{mark.size:g}" text-anchor="{mark.anchor}"'
        return f'<text {place} dominant-baseline="central" fill="{_css(mark.colour)}{turn}>{escape(mark.text)}</text>'
    if isinstance(mark, Disc):
        x, y = mark.centre
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{mark.radius:g}" fill="{_css(mark.colour)}/>'
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
    if not mark.width:
        return f'<polygon points="{points}" fill="{_css(mark.colour)}/>'
    red, green, blue, opacity = mark.colour
    dash = f' stroke-dasharray="{mark.dash:g}"' if mark.dash else ""
    stroke = f'stroke="rgb({red},{green},{blue})" stroke-opacity="{opacity:g}" stroke-width="{mark.width:g}"'
    return f'<polyline points="{points}" fill="none" {stroke}{dash}/>'


def _paint(paper: Image.Image, pen: ImageDraw.ImageDraw, mark: Shape | Disc | Words, scale: int) -> None:
    red, green, blue, opacity = mark.colour
    colour = (red, green, blue, round(opacity * 255))
    if isinstance(mark, Words):
        _write(paper, pen, mark, scale)
    elif isinstance(mark, Disc):
        (x, y), r = mark.centre, mark.radius
        pen.ellipse([(x - r) * scale, (y - r) * scale, (x + r) * scale, (y + r) * scale], fill=colour)
    else:
        points = [(x * scale, y * scale) for x, y in mark.points]
        if not mark.width:
            pen.polygon(points, fill=colour)
        elif not mark.dash:
            pen.line(points, fill=colour, width=max(1, round(mark.width * scale)), joint="curve")
        else:
            for start, end in pairwise(points):
                _dashes(pen, start, end, mark.dash * scale, colour, max(1, round(mark.width * scale)))


def _dashes(
    pen: ImageDraw.ImageDraw, start: Point, end: Point, dash: float, colour: tuple[int, int, int, int], width: int
) -> None:
    length = math.dist(start, end)
    steps = max(1, int(length // dash))
    at = [
        (start[0] + (end[0] - start[0]) * k / steps, start[1] + (end[1] - start[1]) * k / steps)
        for k in range(steps + 1)
    ]
    for k in range(0, steps, 2):
        pen.line([at[k], at[k + 1]], fill=colour, width=width)


def _write(paper: Image.Image, pen: ImageDraw.ImageDraw, mark: Words, scale: int) -> None:
    font = ImageFont.load_default(mark.size * scale)
    x, y = mark.at[0] * scale, mark.at[1] * scale
    colour = mark.colour[:3]
    if not mark.upright:
        pen.text((x, y), mark.text, fill=colour, font=font, anchor=PILLOW_ANCHOR[mark.anchor])
        return
    left, top, right, bottom = font.getbbox(mark.text)
    label = Image.new("L", (math.ceil(right - left) + 4, math.ceil(bottom - top) + 4), 0)
    ImageDraw.Draw(label).text((2 - left, 2 - top), mark.text, fill=255, font=font)
    turned = label.rotate(90, expand=True)
    paper.paste(
        Image.new("RGB", turned.size, colour), (round(x - turned.width / 2), round(y - turned.height / 2)), turned
    )

"""Line charts as SVG, for pages that need no other file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 430, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 28


@dataclass(frozen=True)
class Line:
    """Points of one curve, by x.

    Attributes:
        name: in the legend.
        colour: CSS.
        points: (x, y).
        dots: mark each point.
        dashed: draw it dashed.
        chinese: the name in Chinese.
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    dashed: bool = False
    chinese: str = ""


def line_chart(
    lines: Sequence[Line], caption: str, low: float | None = None, high: float | None = None, chinese: str = ""
) -> Markup:
    """A figure of curves over a common x axis; empty if there is nothing to draw.

    Args:
        lines: curves with at least one point are drawn.
        caption: below.
        low, high: ends of the y axis; by default those of the points.
        chinese: the caption in Chinese.
    """
    drawn = [line for line in lines if line.points]
    if not drawn:
        return Markup("")
    xs = [x for line in drawn for x, _ in line.points]
    ys = [y for line in drawn for _, y in line.points]
    x0, x1 = min(xs), max(xs)
    y0, y1 = (min(ys) if low is None else low), (max(ys) if high is None else high)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x0) / ((x1 - x0) or 1.0)
        up = (min(max(y, y0), y1) - y0) / ((y1 - y0) or 1.0)
        return (
            round(LEFT + across * (WIDTH - LEFT - RIGHT), 1),
            round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1),
        )

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">']
    for value in ticks(y0, y1):
        _, y = place(x0, value)
        parts.append(f'<path class="axis" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4}" text-anchor="end">{short(value)}</text>')
    for value in ticks(x0, x1):
        x, _ = place(value, y0)
        parts.append(f'<path class="axis" d="M{x} {HEIGHT - BOTTOM}v4"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - 8}" text-anchor="middle">{short(value)}</text>')
    for line in drawn:
        places = [(*place(x, y), x, y) for x, y in line.points]
        path = "M" + "L".join(f"{across} {up}" for across, up, _, _ in places)
        dash = ' stroke-dasharray="4 3"' if line.dashed else ""
        parts.append(f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="1.5"{dash}/>')
        radius = 2.5 if line.dots else 0
        # What a pointer near it is told; without the page's script, by the title.
        parts += [
            f'<circle cx="{across}" cy="{up}" r="{radius}" fill="{line.colour}"><title>{escape(line.name)}: {_exact(y)} '
            f"({short(x)})</title></circle>"
            for across, up, x, y in places
        ]
    parts.append("</svg>")
    legend = " ".join(f'<span style="color:{line.colour}">■</span> {_say(line.name, line.chinese)}' for line in drawn)
    caption = f"<figcaption>{_say(caption, chinese)}: {legend} <output></output></figcaption>"
    return Markup(f'<figure class="chart">{"".join(parts)}{caption}</figure>')


def _say(english: str, chinese: str) -> str:
    """In the language that the page's script chooses."""
    return f'<span data-zh="{escape(chinese or english)}">{escape(english)}</span>'


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values (1, 2 or 5 and zeros apart) from one end of an axis to the other.

    Args:
        low, high: the ends.
        most: steps between them, at most.
    """
    if high <= low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def short(value: float) -> str:
    """A number for a tick: without zeros behind the point."""
    return f"{value:,.0f}" if value == int(value) else f"{value:.6g}"


def _exact(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")

"""Line charts as SVG, for pages that need no other file."""

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
    """

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    dashed: bool = False


def line_chart(lines: Sequence[Line], caption: str, low: float | None = None, high: float | None = None) -> Markup:
    """A figure of curves over a common x axis; empty if there is nothing to draw.

    Args:
        lines: curves with at least one point are drawn.
        caption: below.
        low, high: ends of the y axis; by default those of the points.
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

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">']
    for i in range(5):
        value = y0 + (y1 - y0) * i / 4
        _, y = place(x0, value)
        parts.append(f'<path class="axis" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 4}" text-anchor="end">{_short(value)}</text>')
    for x, anchor in ((x0, "start"), (x1, "end")):
        parts.append(f'<text x="{place(x, y0)[0]}" y="{HEIGHT - 8}" text-anchor="{anchor}">{_short(x)}</text>')
    for line in drawn:
        places = [place(x, y) for x, y in line.points]
        path = "M" + "L".join(f"{x} {y}" for x, y in places)
        dash = ' stroke-dasharray="4 3"' if line.dashed else ""
        parts.append(f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="1.5"{dash}/>')
        if line.dots:
            parts += [f'<circle cx="{x}" cy="{y}" r="2.5" fill="{line.colour}"/>' for x, y in places]
    parts.append("</svg>")
    legend = " ".join(f'<span style="color:{line.colour}">■</span> {escape(line.name)}' for line in drawn)
    return Markup(f"<figure>{''.join(parts)}<figcaption>{escape(caption)}: {legend}</figcaption></figure>")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.2g}"

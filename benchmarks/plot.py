"""Plots as SVG text: small panels side by side, both axes logarithmic.  Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 300, 220, 42
COLUMNS = 3
COLOURS = ("#1f5fa8", "#c2571a", "#3f7f3f", "#7a4fa0")


class Series(NamedTuple):
    """A line: pairs of a size and a value."""

    label: str
    points: Sequence[tuple[float, float]]


class _Scale(NamedTuple):
    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> _Scale:
        low = 10 ** math.floor(math.log10(max(min(values), 1e-6)))
        high = 10 ** math.ceil(math.log10(max(values)))
        return cls(low, high if high > low else 10 * low, start, end)

    def at(self, value: float) -> float:
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> Iterator[float]:
        value = self.low
        while value <= self.high * 1.01:
            yield value
            value *= 10


def draw(panels: Mapping[str, Sequence[Series]], unit: str) -> str:
    """One picture of all panels; ``unit`` is that of the values."""
    rows = math.ceil(len(panels) / COLUMNS)
    wide = WIDTH * min(COLUMNS, max(1, len(panels)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{HEIGHT * rows}" '
        'font-family="sans-serif" font-size="10">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for i, (title, lines) in enumerate(panels.items()):
        parts.append(f'<g transform="translate({i % COLUMNS * WIDTH},{i // COLUMNS * HEIGHT})">')
        parts += _panel(title, lines, unit)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, lines: Sequence[Series], unit: str) -> Iterator[str]:
    points = [point for line in lines for point in line.points]
    across = _Scale.over([x for x, _ in points], MARGIN, WIDTH - 14)
    up = _Scale.over([y for _, y in points], HEIGHT - 28, 26)
    yield f'<text x="{MARGIN}" y="16" font-weight="bold">{escape(title)} ({escape(unit)})</text>'
    for x in across.ticks():
        yield f'<line x1="{across.at(x)}" y1="{up.start}" x2="{across.at(x)}" y2="{up.end}" stroke="#ddd"/>'
        yield f'<text x="{across.at(x)}" y="{HEIGHT - 14}" text-anchor="middle">{x:g}</text>'
    for y in up.ticks():
        yield f'<line x1="{across.start}" y1="{up.at(y)}" x2="{across.end}" y2="{up.at(y)}" stroke="#ddd"/>'
        yield f'<text x="{MARGIN - 4}" y="{up.at(y) + 3}" text-anchor="end">{y:g}</text>'
    for i, line in enumerate(lines):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{across.at(x)},{up.at(y)}" for x, y in line.points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in line.points:
            yield f'<circle cx="{across.at(x)}" cy="{up.at(y)}" r="2.5" fill="{colour}"/>'
        yield f'<text x="{WIDTH - 50}" y="{40 + 12 * i}" fill="{colour}">{escape(line.label)}</text>'

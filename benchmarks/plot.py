"""Pictures as SVG text: panels of curves, and panels of dots.  Pure.

Colours follow the reader's colour scheme, background included, so that a picture can be read on any page.  The same
figures give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

PANEL = 300  # width
CURVES = 220  # height of a panel of curves
ROW = 17  # height of a row of dots
HEAD = 34  # height of the picture's title and legend
COLUMNS = 3
TOP, RIGHT, BOTTOM, LEFT = 26, 20, 40, 40  # space around what is plotted
NAMES = 96  # space for the names of rows
STEPS = (1, 2, 5)
GUIDE = "linear"

STYLE = """\
text{font:11px sans-serif;fill:#1f2328}
.t{font-weight:bold}.h{font-size:14px;font-weight:bold}.m{fill:#59636e}
.b{fill:#ffffff}.g{stroke:#d1d9e0;stroke-width:1}.l{stroke:#818b98;stroke-dasharray:3 3;fill:none}
.s0{stroke:#0b63c5}.s1{stroke:#bc4c00}.s2{stroke:#1a7f37}.s{fill:none;stroke-width:2}
.f0{fill:#0b63c5}.f1{fill:#bc4c00}.f2{fill:#1a7f37}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.m{fill:#9198a1}.b{fill:#0d1117}.g{stroke:#3d444d}.l{stroke:#9198a1}
.s0{stroke:#58a6ff}.s1{stroke:#f0883e}.s2{stroke:#3fb950}.f0{fill:#58a6ff}.f1{fill:#f0883e}.f2{fill:#3fb950}}"""


class Curve(NamedTuple):
    """A line: pairs of a size and a value."""

    label: str
    points: Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """Curves that share a size."""

    title: str
    across: str
    curves: Sequence[Curve]


class Dots(NamedTuple):
    """For each row a value of each tool, or None where it was not measured."""

    title: str
    across: str
    rows: Sequence[tuple[str, Sequence[float | None]]]


class Scale(NamedTuple):
    """From values to places on the picture, by their logarithms."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> Scale:
        """A scale whose ends are round numbers."""
        low, high = _round(min(values), up=False), _round(max(values), up=True)
        return cls(low, high if high > low else _round(low * 2, up=True), start, end)

    def at(self, value: float) -> float:
        """The place of a value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, *, close: float) -> list[float]:
        """Round numbers: decades and both ends; steps between when the high end is at most ``close`` times the low."""
        steps = STEPS if self.high / self.low <= close else STEPS[:1]
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = [step * 10.0**decade for decade in decades for step in steps]
        inner = [tick for tick in found if self.low * 1.001 < tick < self.high * 0.999]
        return [self.low, *inner, self.high]


def _round(value: float, *, up: bool) -> float:
    """The next of 1, 2, 5, 10, ... that is not below, or not above, a value."""
    decade = 10.0 ** math.floor(math.log10(value))
    candidates = [step * decade for step in (*STEPS, 10)]
    if up:
        return next(each for each in candidates if each >= value * 0.999)
    return next(each for each in reversed(candidates) if each <= value * 1.001)


def draw_curves(title: str, unit: str, panels: Sequence[Panel]) -> str:
    """Panels of curves; both scales are logarithmic."""
    labels = [curve.label for curve in panels[0].curves] if panels else []
    legend = _legend([*labels, GUIDE], lines=True)
    return _picture(title, legend, [list(_curves(panel, unit)) for panel in panels], CURVES)


def draw_dots(title: str, tools: Sequence[str], panels: Sequence[Dots]) -> str:
    """Panels of dots on a logarithmic scale; the rows of all panels are the same."""
    height = TOP + BOTTOM + ROW * max((len(panel.rows) for panel in panels), default=0)
    return _picture(title, _legend(tools, lines=False), [list(_dots(panel)) for panel in panels], height)


def _picture(title: str, legend: Sequence[str], panels: Sequence[Sequence[str]], height: int) -> str:
    wide = PANEL * COLUMNS
    high = HEAD + height * math.ceil(len(panels) / COLUMNS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        '<rect class="b" width="100%" height="100%" rx="6"/>',
        f'<text class="h" x="12" y="22">{escape(title)}</text>',
        *legend,
    ]
    for i, panel in enumerate(panels):
        x, y = i % COLUMNS * PANEL, HEAD + i // COLUMNS * height
        parts += [f'<g transform="translate({x},{y})">', *panel, "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _legend(labels: Sequence[str], *, lines: bool) -> list[str]:
    """Entries up to the right end of the head."""
    found = []
    x = PANEL * COLUMNS - sum(map(_entry, labels))
    for i, label in enumerate(labels):
        if label == GUIDE:
            found.append(f'<path class="l" d="M{x} 18h20"/>')
        else:
            line = f'<path class="s s{i}" d="M{x} 18h20"/>' if lines else ""
            found.append(f'{line}<circle class="f{i}" cx="{x + 10}" cy="18" r="4"/>')
        found.append(f'<text x="{x + 25}" y="22">{escape(label)}</text>')
        x += _entry(label)
    return found


def _entry(label: str) -> int:
    """The width of an entry of the legend."""
    return 44 + 6 * len(label)


def _curves(panel: Panel, unit: str) -> Iterator[str]:
    points = [point for curve in panel.curves for point in curve.points]
    across = Scale.over([x for x, _ in points], LEFT, PANEL - RIGHT)
    up = Scale.over([y for _, y in points], CURVES - BOTTOM, TOP)
    yield f'<text x="{LEFT}" y="16"><tspan class="t">{escape(panel.title)}</tspan> ({escape(unit)})</text>'
    yield from _bottom(across, up.start, up.end, panel.across)
    for y in up.ticks(close=1000):
        yield f'<path class="g" d="M{LEFT} {up.at(y)}H{PANEL - RIGHT}"/>'
        yield f'<text class="m" x="{LEFT - 6}" y="{up.at(y) + 4}" text-anchor="end">{y:,g}</text>'
    yield from _linear(across, up, panel.curves)
    for i, curve in enumerate(panel.curves):
        path = " ".join(f"{across.at(x)},{up.at(y)}" for x, y in curve.points)
        yield f'<polyline class="s s{i}" points="{path}"/>'
        for x, y in curve.points:
            yield f'<circle class="f{i}" cx="{across.at(x)}" cy="{up.at(y)}" r="3"/>'


def _linear(across: Scale, up: Scale, curves: Sequence[Curve]) -> Iterator[str]:
    """A guide through the last point of the first curve: what grows faster is steeper."""
    x, y = curves[0].points[-1]
    shrink = min(x / across.low, y / up.low)
    yield f'<path class="l" d="M{across.at(x)} {up.at(y)}L{across.at(x / shrink)} {up.at(y / shrink)}"/>'


def _bottom(across: Scale, start: float, end: float, label: str) -> Iterator[str]:
    for x in across.ticks(close=100):
        yield f'<path class="g" d="M{across.at(x)} {start}V{end}"/>'
        yield f'<text class="m" x="{across.at(x)}" y="{start + 14}" text-anchor="middle">{x:,g}</text>'
    middle = round((across.start + across.end) / 2, 1)
    yield f'<text class="m" x="{middle}" y="{start + 30}" text-anchor="middle">{escape(label)}</text>'


def _dots(panel: Dots) -> Iterator[str]:
    values = [value for _, row in panel.rows for value in row if value is not None]
    across = Scale.over(values, NAMES, PANEL - RIGHT)
    bottom = TOP + ROW * len(panel.rows)
    yield f'<text class="t" x="{NAMES}" y="16">{escape(panel.title)}</text>'
    yield from _bottom(across, bottom, TOP, panel.across)
    for i, (name, row) in enumerate(panel.rows):
        y = TOP + ROW * i + ROW // 2
        yield f'<text x="{NAMES - 8}" y="{y + 4}" text-anchor="end">{escape(name)}</text>'
        places = [None if value is None else across.at(value) for value in row]
        found = [place for place in places if place is not None]
        if found:
            yield f'<path class="g" d="M{min(found)} {y}H{max(found)}"/>'
        for j, place in reversed(list(enumerate(places))):
            if place is not None:
                yield f'<circle class="f{j}" cx="{place}" cy="{y}" r="4"/>'

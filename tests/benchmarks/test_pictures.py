"""Plots and the page that shows them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import readme
from benchmarks.plot import Curve, Dots, Panel, Scale, draw_curves, draw_dots

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def curves() -> str:
    panel = Panel("a < b", "size", [Curve("cold", [(10, 0.3), (1000, 2.5)]), Curve("warm", [(10, 0.1), (1000, 0.2)])])
    return draw_curves("Time & work", "seconds", [panel] * 4)


def dots() -> str:
    panel = Dots("cold", "seconds", [("first", (0.4, 0.5, 7.0)), ("second", (0.4, 0.4, None))])
    return draw_dots("Beside others", ("one", "two", "three"), [panel])


@pytest.mark.parametrize("picture", [curves(), dots()], ids=["curves", "dots"])
def test_pictures_are_svg_inside_their_frame(picture: str) -> None:
    root = ET.fromstring(picture)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    for each in root.iter(f"{SVG}circle"):
        assert 0 <= float(each.attrib["cx"]) <= width
        assert 0 <= float(each.attrib["cy"]) <= height
    assert "prefers-color-scheme:dark" in picture


def test_the_same_figures_give_the_same_picture() -> None:
    assert curves() == curves()


def test_a_panel_has_a_title_axes_and_a_legend() -> None:
    texts = ["".join(each.itertext()) for each in ET.fromstring(curves()).iter(f"{SVG}text")]
    assert {"Time & work", "a < b (seconds)", "size", "cold", "warm", "linear", "1,000"} <= set(texts)


def test_what_was_not_measured_has_no_dot() -> None:
    root = ET.fromstring(dots())
    assert len([each for each in root.iter(f"{SVG}circle") if each.attrib["class"] == "f2"]) == 1 + 1  # the legend


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.3, 2.5], [0.2, 0.5, 1, 2, 5]),
        ([20, 3000], [20, 100, 1000, 5000]),
        ([1, 1], [1, 2]),
        ([0.5, 0.5], [0.5, 1]),
    ],
)
def test_scales_end_at_round_numbers(values: list[float], ticks: list[float]) -> None:
    scale = Scale.over(values, 0, 100)
    assert scale.ticks(close=100) == pytest.approx(ticks)
    assert (scale.at(ticks[0]), scale.at(ticks[-1])) == (0, 100)


def test_a_text_is_put_between_its_marks_again_and_again() -> None:
    page = "a\n<!-- one: by x -->\nold\n<!-- end of one -->\nb\n"
    done = readme.put(page, "one", "\\1 new\n")
    assert done == "a\n<!-- one: by x -->\n\\1 new\n<!-- end of one -->\nb\n"
    assert readme.put(done, "one", "\\1 new\n") == done


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="0 places for 'two'"):
        readme.put("a\n", "two", "text")


@pytest.mark.parametrize("name", ["comparison", "growth"])
def test_the_readme_has_its_places(name: str) -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    assert "text" in readme.put(page, name, "text")

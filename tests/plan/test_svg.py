"""The plan as an SVG: a picture that any browser shows, with each load where it runs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from solarctl.reporting.plan_svg import svg
from tests.plan.houses import BOILER, SPARE, Load, hours_on, planned, settings

BOX = "{http://www.w3.org/2000/svg}rect"


def boxes(picture: str, opacity: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of the boxes of one opacity."""
    found = [box.attrib for box in ElementTree.fromstring(picture).iter(BOX) if box.get("fill-opacity") == opacity]
    sizes = [[float(box[key]) for key in ("x", "y", "width", "height")] for box in found]
    return [(x, y, x + wide, y + high) for x, y, wide, high in sizes]


def test_loads_are_stacked():
    """Each run is one box, as long as the run; boxes of several loads stand on each other and never overlap."""
    loads = (BOILER, SPARE, Load("bike", 200.0, 0.5))
    plan = planned(settings(*loads), solar=5000.0)
    found = boxes(svg(plan), "0.6")
    hours = sum(right - left for left, _top, right, _bottom in found) / (940 - 56) * 24
    assert hours == pytest.approx(sum(hours_on(plan, load.device) for load in loads), abs=0.05)
    for index, (left, top, right, bottom) in enumerate(found):
        for other in found[index + 1 :]:
            apart = (
                right <= other[0] + 0.2 or other[2] <= left + 0.2 or bottom <= other[1] + 0.2 or other[3] <= top + 0.2
            )
            assert apart


def test_prices_are_shown_where_they_vary():
    """A strip below the hours: each span of one price is a box that names it."""
    flat, dear = planned(settings(BOILER)), planned(settings(BOILER), buy=[0.2] * 40 + [0.4] * 16 + [-0.05] * 40)
    assert ">price<" not in svg(flat)
    assert all(f"<title>{price}</title>" in svg(dear) for price in ("0.200", "0.400", "-0.050"))


def test_names_are_taken_as_they_are():
    """Whatever a device is called, the picture is well-formed."""
    plan = planned(settings(Load('<b>&"x', 2000.0, 4.0)))
    assert '<b>&"x' in "".join(ElementTree.fromstring(svg(plan)).itertext())

"""The e-paper panel's picture: its five things, at any size, on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from solarctl.reporting import plan_panel
from solarctl.reporting.plan_view import View, view_of
from tests.plan.houses import BOILER, MORNING, SPARE, ZONE, planned, settings

SIZES = [(400, 300), (800, 480), (250, 122), (120, 80), (1304, 984), (2000, 100), (100 * 10, 1600)]
LIGHT, DARK, BLACK = plan_panel.LIGHT, plan_panel.DARK, plan_panel.BLACK


def view(**changes: object) -> View:
    """Return a day at noon: measured before, planned after."""
    usual = View(
        start=MORNING,
        slot_min=15,
        now=MORNING + timedelta(hours=6),
        sun_w=(3000.0,) * 96,
        spare_w=tuple([1500.0] * 24 + [None] * 72),
        planned_w=(("boiler", tuple([None] * 24 + [2000.0] * 8 + [0.0] * 64)),),
        drawn_w=(("boiler", (*[0.0] * 16, *[1000.0] * 8, *[None] * 72)),),
        stored_pct={"boiler": 50.0},
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def drawn(shown: View, width: int, height: int) -> list[bytes]:
    panel = plan_panel._Panel(shown, width, height)
    assert panel.png().startswith(b"\x89PNG")
    return [bytes(row) for row in panel.picture._rows]


def inked(rows: list[bytes], left: int, right: int, top: int, bottom: int, grey: int) -> int:
    return sum(row[left:right].count(grey) for row in rows[top:bottom])


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("loads", [0, 1, 3, 16, 60])
def test_every_size(width, height, loads):
    """However many loads and pixels: each number has its place, and the chart is at least a third of the picture."""
    names = {f"load-number-{n}": 100.0 * (n % 2) for n in range(loads)}
    panel = plan_panel._Panel(view(stored_pct=names), width, height)
    panel.png()
    assert panel.bottom - panel.top >= height * 0.3
    assert panel.left < width / 2
    assert panel.words_at + panel.letter <= panel.top
    assert panel.bottom + panel.letter <= height


@pytest.mark.parametrize(("width", "height"), SIZES[:3])
def test_the_five_things(width, height):
    """Tank, sun foreseen, sun left over, planned and measured loads each leave their grey where it belongs."""
    panel = plan_panel._Panel(view(), width, height)
    rows = drawn(view(), width, height)

    def at(slot: float, watts: float) -> int:
        return rows[round(panel._y(watts))][round(panel._x(slot))]

    assert at(60.5, 3000) == DARK  # foreseen
    assert at(8.5, 3000) == DARK  # ... and in the morning that is over
    assert at(8.5, 1500) == BLACK  # left over
    assert at(28.5, 1000) == LIGHT  # planned
    assert at(20.5, 500) == DARK  # measured
    tank = panel.tank_height
    assert inked(rows, 0, 3 * panel.advance, tank // 2 + panel.scale * 2, tank, DARK) > 0  # half full
    assert inked(rows, 0, 2 * panel.advance, panel.scale * 2, tank // 2 - panel.scale, DARK) == 0


def test_a_line_before_a_grey_is_seen():
    """Sun as strong as what is measured or planned runs in a white rim."""
    shown = view(sun_w=(1000.0,) * 96, spare_w=(500.0,) * 24 + (None,) * 72)
    panel, rows = plan_panel._Panel(shown, 400, 300), drawn(shown, 400, 300)
    for slot, watts in ((20.5, 1000), (28.5, 1000), (20.5, 500)):
        column = [row[round(panel._x(slot))] for row in rows]
        y = round(panel._y(watts))
        assert {0} <= set(column[y - 4 : y]) | set(column[y : y + 5])


@pytest.mark.parametrize(
    ("day", "hour", "slot"),
    [
        ((2026, 6, 10), 12, 24),
        ((2026, 3, 29), 12, 24),
        ((2026, 3, 28), 12, 24),
        ((2026, 10, 24), 12, 24),
        ((2026, 3, 28), 30, 92),
        ((2026, 10, 24), 29, 96),
    ],
)
def test_now_stands_where_it_is(day, hour, slot):
    """The line at now is so many real hours from the left, on the days when clocks are changed too."""
    start = datetime(*day, 6, tzinfo=ZONE)
    now = datetime(*day, hour % 24, tzinfo=ZONE) + timedelta(days=hour // 24)
    shown = view(start=start, now=now, sun_w=(None,) * 96, spare_w=(None,) * 96, planned_w=(), drawn_w=())
    panel, rows = plan_panel._Panel(shown, 800, 480), drawn(shown, 800, 480)
    middle = rows[(panel.top + panel.bottom) // 2 + 3]
    assert abs(middle.index(BLACK, panel.left) - panel._x(slot)) <= panel.scale


def test_hours_are_those_of_the_clock(monkeypatch):
    """On the night in which clocks jump an hour ahead six o'clock is 23 hours after six o'clock."""
    words: list[tuple[int, str]] = []
    monkeypatch.setattr(plan_panel._Panel, "_words", lambda self, middle, _top, text: words.append((middle, text)))
    panel = plan_panel._Panel(view(start=datetime(2026, 3, 28, 6, tzinfo=ZONE)), 800, 480)
    panel._scale_hours()
    found = {text: middle for middle, text in words}
    assert found["00:00"] == round(panel._x(18 * 4))
    assert [middle for middle, text in words if text == "06:00"] == [round(panel._x(0)), round(panel._x(23 * 4))]
    assert "03:00" not in found or found["03:00"] == round(panel._x(20 * 4))  # two o'clock is not there


class TestTheView:
    """What is shown of a plan."""

    def test_the_mornings_forecast(self):
        """The forecast of hours that are over is shown where the service still knows it; else from the plan on."""
        plan = planned(settings(BOILER, SPARE), MORNING + timedelta(hours=2))
        told = tuple(float(n) for n in range(96))
        assert view_of(plan, MORNING, [], "p1", "", {}, told).sun_w == told
        found = view_of(plan, MORNING, [], "p1", "", {}).sun_w
        assert found[:8] == (None,) * 8
        assert found[8:] == tuple((plan.inputs.told_w or plan.inputs.solar_w)[:88])

    def test_measured_and_planned(self):
        """What was measured is a mean by slot, in the house's signs; what is planned begins with the plan."""
        plan = planned(settings(BOILER), MORNING + timedelta(hours=2))
        at = (MORNING + timedelta(minutes=20)).isoformat()
        rows = [
            {"device": "p1", "at": at, "grid_w": 300.0},
            {"device": "boiler", "at": at, "power_w": 2000.0},
            {"device": "battery", "at": at, "battery_w": -400.0},
        ]
        shown = view_of(plan, MORNING, rows, "p1", "battery", {})
        assert shown.spare_w[:3] == (None, 2100.0, None)
        assert shown.drawn_w[0][1][1] == 2000
        assert shown.planned_w[0][1][:8] == (None,) * 8

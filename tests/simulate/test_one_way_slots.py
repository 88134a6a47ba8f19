"""Foresight's slots end where a need turns into a surplus, so that the two do not cancel out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.simulation.foresight import Cut
from solarctl.simulation.limited import Cells, Span, cheapest
from solarctl.simulation.limited_houses import ReserveHouse
from solarctl.simulation.one_way_slots import one_way

CUTS = (Cut(0, 0, 5, 0.11, 0.03), Cut(0, 5, 10, 0.24, 0.03), Cut(1, 10, 12, 0.11, 0.03))


@settings(max_examples=50)
@given(st.lists(st.integers(-2, 2).map(float), min_size=12, max_size=12))
def test_each_slot_draws_or_has_something_left(need_w):
    """Every minute is in one slot of its own day and price, none of which both draws and gives; none is cut in vain."""
    found = list(one_way(CUTS, need_w))
    minutes = [(minute, cut.day, cut.dear) for cut in found for minute in range(cut.start, cut.end)]
    assert minutes == [(minute, cut.day, cut.dear) for cut in CUTS for minute in range(cut.start, cut.end)]
    assert all(len({need_w[minute] < 0 for minute in range(cut.start, cut.end)}) == 1 for cut in found)
    ends = {cut.end for cut in CUTS}
    assert all(cut.end in ends or (need_w[cut.end] < 0) != (need_w[cut.end - 1] < 0) for cut in found)


def test_what_an_empty_battery_cannot_bridge_is_bought():
    """A compressor that draws 3 kW in one minute and leaves 3 kW to the sun in the next is not free of charge."""
    need_w = [3000.0, -3000.0] * 2
    cells = Cells(0.0, 10.0, 5.0, 5.0, 0.9)

    def cost(cuts):
        spans = [
            Span(sum(need_w[one.start : one.end]) / 60_000, (one.end - one.start) / 60, one.dear, one.export)
            for one in cuts
        ]
        return sum(cheapest(ReserveHouse(spans, cells, 0.0), 0.0).costs)

    whole = [Cut(0, 0, 4, 0.11, 0.03)]
    assert cost(whole) == 0
    assert cost(one_way(whole, need_w)) > 0.005  # the first minute's 0.05 kWh, and the losses

"""One load's share at a time: what a fuse leaves, when a full load is asked again, when an unknown one is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solarctl.control.balance import LoadSettings, Sample, Why
from solarctl.control.balance_allocation import (
    Load,
    Room,
    Share,
    fixed_share,
    full_power_w,
    learned,
    probe_share,
    share_out,
)
from solarctl.control.balance_memory import LoadMemory
from tests.balance.house import HEATER, RADIATOR, STEPS

PUMP = Load(LoadSettings("pump"))  # of unknown power


@pytest.mark.parametrize(("fuse_w", "on"), [(599.0, False), (600.0, True), (601.0, True)])
def test_a_forced_switch_stays_off_where_its_fuse_has_no_room(fuse_w, on):
    """The radiator's 600 W fit, or it is left off and says why; a wish for 0 W is off in any case."""
    load, room = Load(replace(RADIATOR, phase=1)), Room(0.0, {}, {1: fuse_w})
    share = fixed_share(load, LoadMemory(), Why.FORCED, None, room)
    assert share == (Share(True, 600.0, Why.FORCED) if on else Share(False, 0.0, Why.PHASE_LIMIT))
    assert not fixed_share(load, LoadMemory(), Why.FORCED, 0.0, room).on


@pytest.mark.parametrize(("scale", "set_w"), [(1.0, 600.0), (1.25, 450.0), (0.8, 750.0)])
def test_a_fuse_is_asked_for_what_a_load_really_draws(scale, set_w):
    """A heater that draws a quarter more than its curve says is set so much lower, forced or on surplus."""
    load, memory = Load(replace(HEATER, phase=1), STEPS), LoadMemory(scale=scale)
    forced = fixed_share(load, memory, Why.FORCED, None, Room(0.0, {}, {1: 600.0}))
    assert forced.power_w * scale <= 600.0
    assert forced.power_w == set_w
    assert forced.why == Why.PHASE_LIMIT
    shares, _memories = share_out([(load, memory)], Room(5000.0, {}, {1: 600.0}), strict=False, slack_w=50.0, now=1e6)
    assert shares["heater"].power_w == set_w


def test_full_power_is_the_last_step_or_the_rating():
    """What a guarantee or a safe level is counted with."""
    assert full_power_w(Load(HEATER, STEPS), LoadMemory()) == 2400.0
    assert full_power_w(Load(RADIATOR), LoadMemory()) == 600.0
    assert full_power_w(PUMP, LoadMemory(learned_w=740.0)) == 740.0


@pytest.mark.parametrize(
    ("rested_s", "spare_w", "asked"), [(89.0, 1000.0, False), (90.0, 1000.0, True), (90.0, 599.0, False)]
)
def test_a_full_switch_is_asked_again_only_when_it_may_switch(rested_s, spare_w, asked):
    """A probe is a switch-on: it waits for the rest between two, and for the sun that it takes."""
    load = Load(replace(RADIATOR, min_off_s=90.0, on_delay_s=0.0))
    memory = LoadMemory(full_since=1000.0, switched_at=1000.0, wants_since=0.0)
    probe = probe_share(load, memory, Room(spare_w, {}, {}), 1000.0 + rested_s)
    assert probe == (Share(True, 600.0, Why.PROBE) if asked else None)


@pytest.mark.parametrize(
    ("after_s", "measured", "found_w"),
    [
        (7.9, Sample(740.0, 1007.0), 0.0),  # its meter has not settled
        (8.0, Sample(740.0, 1007.0), 740.0),
        (8.0, Sample(740.0, 1003.0), 0.0),  # from before it drew
        (8.0, None, 500.0),  # no meter of its own: what the house draws more
        (8.0, Sample(19.0, 1007.0), 0.0),  # that is no load
    ],
)
def test_an_unknown_load_is_measured_once_the_meters_can_show_it(after_s, measured, found_w):
    """Eight seconds after it was switched on, by its own meter or by the house's."""
    memory = LoadMemory(on=True, switched_at=1000.0, before_w=300.0)
    base_at = 1000.0 if measured is not None else 1007.0
    found = learned(replace(PUMP, measured=measured), memory, 800.0, base_at, 1000.0 + after_s)
    assert found.learned_w == found_w

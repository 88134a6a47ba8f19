"""What bounds a car's charging: policies' limits, the battery's appetite, fuses and cables."""

from __future__ import annotations

import pytest

from solarctl.control.charging import Policy, battery_appetite_w, left_to_battery_w, most_amps
from solarctl.control.surplus import watts_per_amp
from solarctl.readings import BatteryReading, ChargerReading, GridReading
from tests.easee_balance.house import NOW


def battery(battery_w: float | None, soc_pct: float | None = 50.0) -> BatteryReading:
    return BatteryReading(at=NOW, soc_pct=soc_pct, battery_w=battery_w)


def test_a_policy_s_number_is_a_percentage():
    """100 % is one (the battery always first), 101 % is a slip."""
    assert Policy.parse("battery-first until 100").battery_goes_first(99.9)
    with pytest.raises(ValueError, match="battery-first until N"):
        Policy.parse("battery-first until 101")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("share", "half of what the battery can take is left to it"),
        ("car-first from 50", "From 50 % on the car goes first and the battery may carry it"),
        ("battery-first until 80", "Below 80 % the battery gets what it can take first"),
    ],
)
def test_each_policy_is_explained_by_its_own_sentence(policy, words):
    """A person who reads the output finds out what was chosen."""
    assert words in Policy.parse(policy).explained()


@pytest.mark.parametrize(
    ("policy", "soc_pct", "first", "helps"),
    [
        ("battery-first until 80", 79.9, True, False),
        ("battery-first until 80", 80.0, False, False),  # the limit itself is the car's
        ("battery-first until 80", None, True, False),  # unknown counts as low
        ("car-first from 50", 49.9, True, False),
        ("car-first from 50", 50.0, False, True),  # from 50 % on, as it says
        ("car-first from 50", None, True, False),
        ("share", 10.0, False, False),
    ],
)
def test_who_goes_first(policy, soc_pct, first, helps):
    """The limit belongs to the car; only car-first lets the battery help, and never one of unknown charge."""
    found = Policy.parse(policy)
    assert (found.battery_goes_first(soc_pct), found.battery_may_help(soc_pct)) == (first, helps)


@pytest.mark.parametrize(
    ("battery_w", "grid_w", "known_w", "appetite_w"),
    [
        (-3000.0, -201.0, None, 3000.0),  # so much is sold: it takes all it can
        (-3000.0, -201.0, 5000.0, 3000.0),  # and that is less than it once took
        (-3000.0, -200.0, None, None),  # nearly nothing is sold: it might take more
        (-3000.0, 0.0, 2000.0, 3000.0),  # more than was known is known now
        (-1000.0, 0.0, 2000.0, 2000.0),
        (1000.0, -500.0, None, 0.0),  # one that gives takes nothing
    ],
)
def test_the_battery_s_appetite(battery_w, grid_w, known_w, appetite_w):
    """Seen while there is export too, and remembered; without export only a larger one is believed."""
    assert battery_appetite_w(battery(battery_w), grid_w, known_w) == appetite_w


@pytest.mark.parametrize(
    ("policy", "one", "left_w"),
    [
        ("battery-first until 80", battery(-1000.0, 50.0), 4000.0),
        ("battery-first until 80", battery(0.0, 50.0), 4000.0),  # at rest, but there
        ("battery-first until 80", battery(-1000.0, None), 4000.0),
        ("battery-first until 80", battery(0.0, None), 0.0),  # an inverter that has none
        ("battery-first until 80", None, 0.0),
        ("battery-first until 100", battery(-1000.0, 99.4), 4000.0),
        ("battery-first until 100", battery(-1000.0, 99.5), 0.0),  # full
        ("share", battery(-1000.0, 50.0), 2000.0),
        ("car-first from 50", battery(-1000.0, 60.0), 0.0),
    ],
)
def test_what_is_left_to_the_battery(policy, one, left_w):
    """All, half or nothing of what it can take; nothing to a full one, or where there is none."""
    assert left_to_battery_w(Policy.parse(policy), one, 4000.0) == left_w


@pytest.mark.parametrize(
    ("grid", "draw_w", "fuse_a", "most_a"),
    [
        ({"phases_a": (10.0, 19.0, 3.0), "grid_w": 0.0}, 0.0, 25, 6),  # 6 A are left on the fullest phase
        ({"phases_a": (10.0, 19.01, 3.0), "grid_w": 0.0}, 0.0, 25, 0),  # not quite: a car may not be asked for 5
        ({"phases_a": (20.0, 19.0, 3.0), "grid_w": 0.0}, 6900.0, 25, 15),  # ten of the 20 A are the car's own
        ({"phases_w": (2300.0, 0.0, 0.0), "grid_w": 0.0}, 0.0, 25, 15),
        ({"phases_w": (4600.0, 0.0, 0.0), "grid_w": 0.0}, 6900.0, 25, 15),
        ({"grid_w": 2300.0}, 0.0, 25, 15),  # no phases told: all of it on one of them
        ({"grid_w": 9200.0}, 6900.0, 25, 15),
        ({"grid_w": -9200.0}, 0.0, 25, 16),  # export gives no fuse more than it has
        ({"grid_w": 0.0}, 0.0, 13, 13),
        (None, 0.0, 25, 12),  # nobody knows what the house draws: half of the fuse is its own
    ],
)
def test_no_more_than_the_fuses_carry(grid, draw_w, fuse_a, most_a):
    """What the house draws comes off the main fuse, the car's own current not twice."""
    charger = ChargerReading(at=NOW, charger_w=draw_w, voltage_v=230.0)
    meter = None if grid is None else GridReading(at=NOW, **grid)
    assert most_amps(charger, meter, max_a=16, fuse_a=fuse_a, draw_w=draw_w, per_amp_w=690.0) == most_a


@pytest.mark.parametrize(("cable_a", "most_a"), [(None, 16), (10.0, 10), (10.9, 10), (5.9, 0)])
def test_no_more_than_the_charger_and_its_cable_take(cable_a, most_a):
    """The smallest of all limits, in whole amps; below 6 A nothing."""
    charger = ChargerReading(at=NOW, charger_w=0.0, max_a=cable_a)
    meter = GridReading(at=NOW, grid_w=0.0)
    assert most_amps(charger, meter, max_a=16, fuse_a=25, draw_w=0.0, per_amp_w=690.0) == most_a


@pytest.mark.parametrize(
    ("phases", "volts", "it_grid", "watts"),
    [
        (1, 190.0, False, 190.0),
        (1, 265.0, False, 265.0),
        (1, 189.9, False, 230.0),  # no grid's voltage: a reading of another thing
        (3, 265.1, False, 690.0),
        (3, None, False, 690.0),
        (1, 230.0, True, 230.0),
        (3, 230.0, True, pytest.approx(398.4, abs=0.1)),
    ],
)
def test_what_an_ampere_draws(phases, volts, it_grid, watts):
    """By phases and voltage; a voltage that cannot be is not believed."""
    assert watts_per_amp(phases, volts, it_grid=it_grid) == watts

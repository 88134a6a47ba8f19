"""The rule as a table: one row per thing that can be said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.control.easee_balance import Memory, Reason, decide
from solarctl.errors import Exit
from solarctl.forced import Forced
from tests.easee_balance.house import AT_ONCE, MINUTE, NOW, battery, charger, grid, settings, target

ON = Memory(target_a=10, changed_at=NOW - 10 * MINUTE, ends_at=NOW + 2 * MINUTE)
OFF = Memory(target_a=0, changed_at=NOW - 10 * MINUTE, ends_at=NOW + 2 * MINUTE)
SHORT = Memory(target_a=6, changed_at=NOW - 10 * MINUTE, ends_at=NOW + 2 * MINUTE, gap_min=1.0, gap_at=NOW - MINUTE)
SHORT_LONG = Memory(target_a=6, changed_at=NOW - 10 * MINUTE, ends_at=NOW + MINUTE, gap_min=2.0, gap_at=NOW - MINUTE)
ENOUGH = Memory(target_a=0, changed_at=NOW - 10 * MINUTE, ends_at=NOW + MINUTE, enough_since=NOW - MINUTE)
HOT = Forced("car", NOW + 60 * MINUTE, mode="now")
OLD = NOW - 6 * MINUTE

ROWS = [  # what is read, settings, memory, reason, amps
    ("a sunny noon, battery past its share", (charger(4.14), grid(2.0), battery(1.0)), {}, ON, "surplus", 10),
    ("one amp more is paid for exactly", (charger(4.14), grid(0.69), battery()), {}, ON, "surplus", 7),
    ("a watt is missing for it", (charger(4.14), grid(0.689), battery()), {}, ON, "surplus", 6),
    ("too little, nobody charges", (charger(), grid(1.2), battery()), {}, OFF, "surplus", 0),
    ("import while nobody charges", (charger(), grid(-0.8), battery(-0.5)), {}, OFF, "surplus", 0),
    ("the battery is low and takes it", (charger(), grid(0.0), battery(4.8, 50)), {}, OFF, "battery-first", 0),
    ("the battery is low but sated", (charger(), grid(6.5), battery(4.9, 40)), AT_ONCE, OFF, "surplus", 9),
    ("just below the policy's charge", (charger(), grid(0.1), battery(4.8, 79.9)), {}, OFF, "battery-first", 0),
    ("at the policy's charge", (charger(), grid(0.1), battery(4.8, 80)), AT_ONCE, OFF, "surplus", 7),
    ("car first from 50", (charger(), grid(0), battery(4.8, 50)), {"policy": "car-first from 50"} | AT_ONCE,
     OFF, "surplus", 6),
    ("car first from 50, battery lower", (charger(), grid(0), battery(4.8, 49)), {"policy": "car-first from 50"},
     OFF, "battery-first", 0),
    ("they share", (charger(), grid(4.0), battery(4.0, 30)), {"policy": "share"} | AT_ONCE, OFF, "surplus", 8),
    ("a full battery keeps nothing", (charger(), grid(0.1), battery(4.8, 100)), AT_ONCE, OFF, "surplus", 7),
    ("no battery at all", (charger(), grid(5.0), battery(0, None)), AT_ONCE, OFF, "surplus", 7),
    ("enough for the first time", (charger(), grid(5.0), battery()), {}, OFF, "starting", 0),
    ("enough for a minute", (charger(), grid(5.0), battery()), {}, ENOUGH, "surplus", 7),
    ("a gap in the sun", (charger(6.9, limit_a=10), grid(-4.0), battery()), {}, ON, "holding", 6),
    ("a gap that goes on", (charger(4.14, limit_a=6), grid(-5.0), battery()), {}, SHORT, "holding", 6),
    ("a gap that was too long", (charger(4.14, limit_a=6), grid(-5.0), battery()), {}, SHORT_LONG, "stopping", 0),
    ("tolerated import", (charger(4.14, limit_a=6), grid(-0.4), battery()), {"grid_allowance_w": 500},
     SHORT_LONG, "holding", 6),
    ("the battery carries a gap", (charger(4.14, limit_a=6), grid(0), battery(-2.0, 90)),
     {"policy": "car-first from 60"}, SHORT_LONG, "holding", 6),
    ("always the minimum", (charger(), grid(-1.0), battery()), {"mode": "min+surplus"}, OFF, "holding", 6),
    ("the minimum and more", (charger(4.14), grid(3.0), battery()), {"mode": "min+surplus"}, ON, "surplus", 10),
    ("nobody is there", (charger(connected=False), grid(5.0), battery()), {}, OFF, "no-car", None),
    ("nobody is there and nothing is metered", (charger(connected=False), None, None), {}, OFF, "no-car", None),
    ("forced", (charger(), grid(-1.0), battery()), {"forced": HOT}, OFF, "forced", 16),
    ("forced to a power", (charger(), grid(0), battery()),
     {"forced": Forced("car", NOW + MINUTE, power_w=5000)}, OFF, "forced", 7),
    ("forced to the least", (charger(), grid(0), battery()),
     {"forced": Forced("car", NOW + MINUTE, power_w=4140)}, OFF, "forced", 6),
    ("forced to too little", (charger(), grid(0), battery()),
     {"forced": Forced("car", NOW + MINUTE, power_w=3000)}, OFF, "forced", 0),
    ("forced off", (charger(6.9), grid(3.0), battery()),
     {"forced": Forced("car", NOW + MINUTE, mode="off")}, ON, "forced", 0),
    ("forced back to the sun", (charger(), grid(-1.0), battery()),
     {"mode": "now", "forced": Forced("car", NOW + MINUTE, mode="surplus")}, OFF, "surplus", 0),
    ("mode now", (charger(), grid(-1.0), battery()), {"mode": "now"}, OFF, "forced", 16),
    ("mode now, a dead meter", (charger(), None, None), {"mode": "now"}, OFF, "forced", 12),
    ("mode off", (charger(6.9), grid(5.0), battery()), {"mode": "off"}, ON, "forced", 0),
    ("mode off needs no meter", (charger(6.9), None, None), {"mode": "off"}, ON, "forced", 0),
    ("no charger", (None, grid(5.0), battery()), {}, ON, "no-reading", None),
    ("a charger that is off line", (charger(online=False), grid(5.0), battery()), {}, ON, "no-reading", None),
    ("a charger without power and limit", (charger(None, limit_a=None, mode="charging"), grid(5.0), battery()), {},
     ON, "no-reading", None),
    ("no meter", (charger(), None, battery()), {}, ON, "no-reading", None),
    ("an old meter", (charger(), grid(5.0, OLD), battery()), {}, ON, "no-reading", None),
    ("no battery reading", (charger(), grid(5.0), None), {}, ON, "no-reading", None),
    ("an old battery", (charger(), grid(5.0), battery(at=OLD)), {}, ON, "no-reading", None),
    ("a battery without power", (charger(), grid(5.0), battery().__class__(at=NOW, soc_pct=90)), {}, ON,
     "no-reading", None),
    ("no battery wanted", (charger(), grid(5.0), None), {"battery": ""} | AT_ONCE, OFF, "surplus", 7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("readings", "changes", "memory", "reason", "amps"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_the_rule_says(readings, changes, memory, reason, amps):
    """Each row is one everyday situation, its reason and the amps the car is offered."""
    changes = dict(changes)
    forced = changes.pop("forced", None)
    decision = decide(*readings, settings(**changes), memory, NOW, forced=forced)
    assert (str(decision.reason), target(decision)) == (reason, amps), decision.because
    assert decision.exit_code == (Exit.TRY_AGAIN if reason == "no-reading" else Exit.OK)


def test_every_reason_is_in_the_table():
    """A reason that no row reaches would be one that nobody can rely on."""
    assert {row[4] for row in ROWS} == set(Reason)


PER_PHASE = [  # phases the car uses, IT grid, voltage, surplus kW, amps
    (1, False, 230, 1.379, 0), (1, False, 230, 1.380, 6), (1, False, 230, 3.0, 13), (1, False, 230, 9.0, 16),
    (2, False, 230, 2.759, 0), (2, False, 230, 2.760, 6), (2, False, 230, 5.06, 11),
    (3, False, 230, 4.139, 0), (3, False, 230, 4.140, 6), (3, False, 230, 6.9, 10), (3, False, 230, 11.0, 15),
    (3, False, 240, 4.319, 0), (3, False, 240, 4.320, 6),
    (3, True, 230, 2.390, 0), (3, True, 230, 2.391, 6), (3, True, 230, 3.985, 10),
    (1, True, 230, 1.380, 6), (3, False, 400, 4.140, 6), (3, False, None, 6.9, 10),
]  # fmt: skip


@pytest.mark.parametrize(("phases", "it_grid", "volts", "surplus_kw", "amps"), PER_PHASE)
def test_cars_on_one_two_and_three_phases_and_on_it_grids(phases, it_grid, volts, surplus_kw, amps):
    """Watts become amps by the phases that the car uses, the voltage that is measured and the kind of grid."""
    plugged = charger(phases=phases, it_grid=it_grid, voltage_v=volts)
    decision = decide(plugged, grid(surplus_kw), battery(), settings(**AT_ONCE), Memory(), NOW)
    assert target(decision) == amps, decision.because


FUSES = [  # what bounds it, charger, meter, settings, amps
    ("the setting", {}, grid(20), {}, 16),
    ("charger, cable or circuit", {"max_a": 13.0}, grid(20), {}, 13),
    ("a cable of 15.9 A", {"max_a": 15.9}, grid(20), {}, 15),
    ("the main fuse itself", {"max_a": 63}, grid(20), {"max_a": 25, "fuse_a": 20}, 20),
    ("the fullest phase", {}, grid(20, phases_a=(2.0, 14.0, -30.0)), {}, 11),
    ("the fullest phase, in watts", {}, grid(20, phases_w=(0.0, 3220.0, -9000.0)), {}, 11),
    ("export on every phase", {}, grid(20, phases_a=(-10.0, -10.0, -9.0)), {}, 16),
    ("a phase that is full", {}, grid(20, phases_a=(24.0, 0.0, 0.0)), {}, 0),
    ("a house without phase meter", {}, grid(-3.0), {"mode": "now"}, 11),
    ("a car that needs 7 A on a fuse with 6 A left", {}, grid(20, phases_a=(19.0, 0.0, 0.0)), {"min_a": 7}, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plugged", "meter", "changes", "amps"), [row[1:] for row in FUSES], ids=[row[0] for row in FUSES]
)
def test_no_fuse_and_no_cable_gets_more_than_it_carries(plugged, meter, changes, amps):
    """The smallest of setting, charger, cable, circuit and what the house leaves of the main fuse wins."""
    decision = decide(charger(**plugged), meter, battery(), settings(**AT_ONCE, **changes), Memory(), NOW)
    assert target(decision) == amps, decision.because


def test_the_cars_own_current_is_not_the_houses():
    """A phase that carries 20 A of which 16 are the car's has 21 A left for it, not 5."""
    decision = decide(charger(11.04), grid(2.0, phases_a=(20.0, 16.0, 16.0)), battery(), settings(**AT_ONCE), ON, NOW)
    assert target(decision) == 16


def test_a_full_fuse_stops_a_running_charge_at_once():
    """The disable delay is for clouds, not for fuses."""
    decision = decide(charger(6.9), grid(3.0, phases_a=(40.0, 10.0, 10.0)), battery(), settings(), ON, NOW)
    assert (decision.reason, target(decision)) == (Reason.STOPPING, 0)
    assert "fuse" in decision.because


def test_the_policy_is_explained():
    """`why` tells what the policy's name means."""
    for policy in ("battery-first until 80", "car-first from 50", "share"):
        decision = decide(charger(), grid(1), battery(), settings(policy=policy), Memory(), NOW)
        assert decision.details["policy"].endswith(".")
        assert len(decision.details["policy"]) > 40


@pytest.mark.parametrize("policy", ["", "battery", "battery-first until", "battery-first until 200", "car-first 50"])
def test_a_policy_that_is_none_is_a_mistake_in_the_config(policy):
    """The config's check names the three that there are."""
    assert [key for key, _ in settings(policy=policy).problems()] == ["policy"]
    assert "battery-first until N" in settings(policy=policy).problems()[0][1]


def test_settings_that_contradict_each_other():
    """A least current above the most is said by the config's check."""
    assert [key for key, _ in settings(min_a=20).problems()] == ["min_a"]
    assert settings().problems() == []


def test_numbers_are_in_the_sentence():
    """A neighbour can read why."""
    decision = decide(charger(), grid(0.0), battery(4.8, 50), settings(), OFF, NOW)
    assert decision.because == (
        "Surplus 4.80 kW, battery at 50 %, of which the battery may take all first, 4.14 kW are needed."
    )
    more = decide(charger(), grid(0.9), battery(4.8, 50), settings(), OFF, NOW)
    assert more.because.startswith("Surplus 5.70 kW, battery at 50 %, of which the battery may take 4.80 kW first")
    none = decide(charger(), grid(-3.0), battery(0.0, 50), settings(), OFF, NOW)
    assert none.because == "Surplus -3.00 kW, battery at 50 %, 4.14 kW are needed."
    later = decide(charger(), grid(5.0), battery(), settings(), OFF, NOW)
    assert f"starts at {NOW + timedelta(minutes=1):%H:%M:%S}" in later.because


@pytest.mark.parametrize(
    ("changes", "forced", "meter", "words"),
    [
        ({}, {"power_w": 5000}, grid(0), "Forced until 12:01, 5000 W: 7 A on three phases."),
        ({}, {"power_w": 3000}, grid(0), "3000 W: 0 A on three phases, less than the 6 A a car needs."),
        ({}, {"mode": "off"}, grid(0), "Forced until 12:01, off: the car gets nothing."),
        ({}, {}, grid(0), "Forced until 12:01, charging at once: 16 A on three phases."),
        ({"mode": "off"}, None, grid(0), "Mode is off: the car gets nothing."),
        ({"mode": "now"}, None, grid(0), "Mode is now: 16 A on three phases."),
        ({"mode": "now"}, None, None, "12 A on three phases (the meter is silent: half of the main fuse is left to"),
        ({"mode": "now"}, None, grid(-16.0), "Mode is now: but the house leaves the main fuse no room for the car."),
    ],
)
def test_an_order_is_told_in_full(changes, forced, meter, words):
    """Who orders, until when, what the car gets, and why it is less than asked for."""
    order = None if forced is None else Forced("car", NOW + MINUTE, **forced)
    decision = decide(charger(), meter, battery(), settings(**changes), Memory(), NOW, forced=order)
    assert words in decision.because
    assert decision.because.endswith(".")

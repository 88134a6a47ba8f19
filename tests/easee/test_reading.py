"""What the charger tells, by the observations endpoint."""

from __future__ import annotations

from datetime import timedelta

import pytest

from solarctl.capabilities import Charger, PhaseSwitch, TokenHolder
from solarctl.drivers.easee_state import State, parse
from solarctl.errors import DeviceReplyError
from solarctl.virtualhome.car import Car
from tests.easee.conftest import NOON


def test_it_offers_what_its_rows_say(bench):
    """The charger can be limited, also by phases; the account holds a token."""
    device = bench().run()
    assert isinstance(device, Charger)
    assert isinstance(device, PhaseSwitch)


def test_the_account_holds_a_token(bench):
    """Token-refresh finds it by its methods."""
    one = bench()
    one.run()
    assert isinstance(one.account, TokenHolder)


def test_a_charging_car(bench):
    """One log-in and one request tell power in W, phases, limits, voltage and the session's energy."""
    one = bench()
    one.wait(300)
    reading = one.run().read_charger()
    assert (reading.charger_w, reading.mode, reading.connected, reading.phases) == (11040, "charging", True, 3)
    assert (reading.limit_a, reading.max_a, reading.voltage_v, reading.it_grid) == (32, 32, 230, False)
    assert reading.online
    assert str(reading.at.tzinfo) == "Europe/Amsterdam"
    assert reading.energy_kwh == pytest.approx(0.92, abs=0.01)
    assert one.asked() == ["POST /api/accounts/login", f"GET /state/{one.box.serial}/observations"]
    assert not one.asked("/api/chargers")


def test_it_is_asked_once_in_a_run(bench):
    """Whoever asks in one run gets the same answer."""
    one = bench()
    device = one.run()
    assert device.read_charger() is not None
    device.read_charger()
    assert len(one.asked("observations")) == 1


CARS = [  # car, grid type, phases, IT
    (Car(phases=1), 1, 1, False),
    (Car(phases=2), 1, 2, False),
    (Car(phases=3), 1, 3, False),
    (Car(phases=3), 3, 1, False),
    (Car(plugged=False), 3, 1, False),
    (Car(plugged=False), 1, None, False),
]


@pytest.mark.parametrize(("car", "grid_type", "phases", "it_grid"), CARS)
def test_phases_come_from_what_the_charger_tells(bench, car, grid_type, phases, it_grid):
    """A car on one phase is seen by its currents; without a car the grid tells, or nobody knows."""
    one = bench(car, grid_type=grid_type)
    one.wait(120)
    reading = one.run().read_charger()
    assert (reading.phases, reading.it_grid) == (phases, it_grid)


@pytest.mark.parametrize(
    ("values", "phases", "it_grid"),
    [
        ({109: 3, 120: 3.6, 110: 30, 182: 16.1, 183: 16.0, 184: 0.0, 185: 0.0}, 1, False),
        ({109: 3, 120: 3.6, 110: 0, 21: 4, 182: 16.0, 183: 16.0, 184: 0.0}, 1, True),
        ({109: 3, 120: 6.4, 110: 0, 21: 4, 182: 16.0, 183: 16.0, 184: 16.0}, 3, True),
        ({109: 3, 120: 0.0, 110: 12}, 1, False), ({109: 3, 120: 0.0, 110: 20}, 2, False),
        ({109: 3, 120: 0.0, 110: 22}, 2, False), ({109: 3, 120: 0.0, 110: 30}, 3, False),
        ({109: 2, 110: 0, 38: 1}, 1, False), ({109: 2, 110: 0, 38: 2}, None, False), ({109: 2, 21: 5}, 1, True),
    ],
)  # fmt: skip
def test_phases_from_currents_then_from_the_output(values, phases, it_grid):
    """The neutral's current is no phase; an output that is told counts while no current is."""
    reading = State({n: (v, NOON) for n, v in values.items()}, NOON, "car").reading(can_switch_phases=False)
    assert (reading.phases, reading.it_grid) == (phases, it_grid)


@pytest.mark.parametrize(
    ("mode", "words", "connected", "online"),
    [
        (0, "waiting", None, False), (1, "disconnected", False, True), (2, "waiting", True, True),
        (3, "charging", True, True), (4, "done", True, True), (5, "error", None, True), (6, "ready", True, True),
        (7, "waiting", True, True), (102, "waiting", None, False), (103, "waiting", True, True),
        (158, "error", None, True), (999, "waiting", True, True),
    ],
)  # fmt: skip
def test_modes(mode, words, connected, online):
    """Every mode has a word of ours, also one that Easee invents tomorrow."""
    reading = State({109: (mode, NOON)}, NOON, "car").reading(can_switch_phases=False)
    assert (reading.mode, reading.connected, reading.online) == (words, connected, online)


def test_the_car_s_power_bears_its_own_time(bench):
    """After a change the old power is told for a while, with its old time."""
    one = bench(lag_s=40.0)
    one.wait(120)
    device = one.run()
    device.set_charge_limit(6, ttl_min=3)
    one.wait(10)
    reading = one.run().read_charger()
    assert (reading.charger_w, reading.limit_a) == (11040, 6)
    assert reading.power_at < one.clock.now() - timedelta(seconds=10)
    one.wait(60)
    fresh = one.run().read_charger()
    assert fresh.charger_w == 4140
    assert fresh.power_at > reading.power_at


def test_an_idle_charger_is_silent_for_a_quarter_of_an_hour(bench):
    """That is no trouble; twenty minutes are."""
    one = bench(Car(plugged=False))
    one.run().read_charger()
    one.cloud.charger.cloud_hears = False
    one.wait(19 * 60)
    assert one.run().read_charger().online
    one.wait(2 * 60)
    assert not one.run().read_charger().online


def test_the_smallest_limit_counts(bench):
    """Cable, charger, circuit and heat bound what may be offered."""
    one = bench(max_charger_a=25.0, max_circuit_a=20.0, cable_a=13.0)
    assert one.run().read_charger().max_a == 13
    one.wait(6)
    one.cloud.faults.set("observation", {104: 20000, 115: 10.0, 116: True})
    assert one.run().read_charger().max_a == 10
    one.wait(6)
    one.cloud.faults.set("observation", {104: 20000, 115: 10.0, 116: False})
    assert one.run().read_charger().max_a == 20


def test_a_phase_that_is_off_does_not_count():
    """10, 0, 0 A is a limit of 10 A on one phase; 0, 0, 0 is a pause."""
    for values, limit in (((10, 0, 0), 10), ((0, 0, 0), 0), ((16.9, 16, 16), 16)):
        seen = {111 + index: (amps, NOON) for index, amps in enumerate(values)} | {48: (32, NOON)}
        assert State(seen, NOON, "car").limit_a() == limit
    assert State({114: (12.0, NOON)}, NOON, "car").limit_a() == 12
    assert State({}, NOON, "car").limit_a() is None


def test_both_shapes_of_the_answer(bench):
    """An object with typed values, or the bare list with texts of an earlier form."""
    one = bench()
    one.wait(120)
    first = one.run().read_charger()
    one.cloud.faults.set("bare-list")
    second = one.run().read_charger()
    assert (first.charger_w, first.limit_a, first.phases) == (second.charger_w, second.limit_a, second.phases)


def test_a_restart_is_seen(bench):
    """40 A on all phases is what a restart leaves; nobody sets that."""
    one = bench()
    one.run().set_charge_limit(6, ttl_min=30)
    one.wait(10)
    assert one.run().read_charger().restarted_at is None
    one.box.reboot()
    one.wait(10)
    reading = one.run().read_charger()
    assert reading.restarted_at is not None
    assert reading.limit_a == 32


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [("not-json", True, "should have sent JSON"), ("half-json", True, "should have sent JSON"),
     ("nulls", True, "tells nothing"), ("missing", (109,), "no state of the charger")],
)  # fmt: skip
def test_nonsense_is_told(bench, fault, value, said):
    """What is no answer becomes no reading, in a sentence; exit 76."""
    one = bench()
    one.run().read_charger()
    one.wait(6)
    one.cloud.faults.set(fault, value)
    with pytest.raises(DeviceReplyError, match=said):
        one.run().read_charger()


@pytest.mark.parametrize(
    "ids", [(120,), (48,), (111, 112, 113), (110, 182, 183, 184, 185), (194, 195, 196), (22, 23, 24, 47, 104), (121,)]
)
def test_missing_values_are_unknown_not_zero(bench, ids):
    """Each value that may be missing leaves the others useful."""
    one = bench()
    one.wait(120)
    one.cloud.faults.set("missing", ids)
    reading = one.run().read_charger()
    assert reading.mode == "charging"
    assert reading.charger_w == (None if 120 in ids else 11040)
    assert reading.energy_kwh is None if 121 in ids else reading.energy_kwh > 0


@pytest.mark.parametrize("body", [{}, {"observations": {}}, 7, "no", None, {"observations": 3}])
def test_hostile_answers(body):
    """Any JSON that is no list of observations is said to be none."""
    with pytest.raises(DeviceReplyError):
        parse(body, "car")

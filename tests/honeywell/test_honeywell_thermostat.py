"""One thermostat: what is read, what is written, what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from solarctl.errors import DeviceRefused, DeviceReplyError, DeviceUnreachable
from solarctl.virtualhome.thermostats import AUTO_COOLING, HEAT, OFF
from tests.honeywell.conftest import PHOENIX, House

TWO_PM = datetime(2026, 7, 15, 14, 0, tzinfo=PHOENIX)


def test_a_reading(house: House) -> None:
    """Setpoints, limits, mode, schedule and hold arrive, in the site's unit."""
    reading = house.run()[1].read_thermostat()
    assert (reading.setpoint_deg, reading.heat_setpoint_deg, reading.indoor_deg) == (78, 70, 77)
    assert (reading.mode, reading.hold, reading.unit, reading.hold_until) == ("cool", "schedule", "F", None)
    assert (reading.cool_min_deg, reading.cool_max_deg, reading.heat_min_deg, reading.heat_max_deg) == (50, 99, 40, 90)
    assert (reading.schedule_setpoint_deg, reading.schedule_heat_setpoint_deg) == (78, 70)
    assert reading.at == house.clock.now()


@pytest.mark.parametrize(("switch", "mode"), [(AUTO_COOLING, "auto"), (HEAT, "heat"), (OFF, "off"), (7, None)])
def test_modes(house: House, switch: int, mode: str | None) -> None:
    """The portal's numbers become words; an unknown one is not guessed at."""
    house.hall.switch = switch
    assert house.run()[1].read_thermostat().mode == mode


def test_a_hold_ends_by_itself(house: House) -> None:
    """67 °F until 14:00 goes out as quarter 56; at 14:00 the schedule is back without any run."""
    assert house.run()[1].set_cool_setpoint(67, until=TWO_PM) is True
    assert house.portal.writes[-1] | {} == {
        "DeviceID": 123456,
        "CoolSetpoint": 67,
        "HeatSetpoint": 70,
        "CoolNextPeriod": 56,
        "HeatNextPeriod": 56,
        "StatusCool": 1,
        "StatusHeat": 1,
    }
    reading = house.run()[1].read_thermostat()
    assert (reading.setpoint_deg, reading.hold, reading.hold_until) == (67, "temporary", TWO_PM)
    house.clock.advance(2 * 3600)
    reading = house.run()[1].read_thermostat()
    assert (reading.setpoint_deg, reading.hold) == (78, "schedule")


@pytest.mark.parametrize(
    ("until", "index"),
    [
        (datetime(2026, 7, 15, 20, 0, tzinfo=PHOENIX), 80),
        (datetime(2026, 7, 15, 20, 1, tzinfo=PHOENIX), 81),
        (datetime(2026, 7, 15, 20, 15, tzinfo=PHOENIX), 81),
        (datetime(2026, 7, 15, 23, 50, tzinfo=PHOENIX), 0),
        (datetime(2026, 7, 16, 6, 30, tzinfo=PHOENIX), 26),
    ],
)
def test_the_end_of_a_hold_is_rounded_up(house: House, until: datetime, index: int) -> None:
    """A hold ends at a full quarter of an hour, never before the wanted moment; midnight is quarter 0."""
    house.run()[1].set_cool_setpoint(80, until=until)
    assert house.portal.writes[-1]["CoolNextPeriod"] == index


def test_without_an_end_the_hold_is_permanent(house: House) -> None:
    """A setpoint without an end stays until somebody changes it."""
    house.run()[1].set_cool_setpoint(80)
    assert house.run()[1].read_thermostat().hold == "permanent"


def test_a_hold_into_the_past_is_refused(house: House) -> None:
    """The portal would take it for tomorrow."""
    with pytest.raises(DeviceRefused):
        house.run()[1].set_cool_setpoint(80, until=house.clock.now() - timedelta(minutes=1))
    assert not house.portal.writes


def test_the_deadband_moves_the_other_setpoint(house: House) -> None:
    """Cooling to 71° beside heating at 70° with a deadband of 3° sends both, 3° apart."""
    house.hall.deadband = 3
    assert house.run()[1].set_cool_setpoint(71, until=TWO_PM) is True
    assert (house.portal.writes[-1]["CoolSetpoint"], house.portal.writes[-1]["HeatSetpoint"]) == (71, 68)
    assert house.run()[1].set_heat_setpoint(70, until=TWO_PM) is True
    assert (house.portal.writes[-1]["CoolSetpoint"], house.portal.writes[-1]["HeatSetpoint"]) == (73, 70)


def test_the_deadband_does_not_push_heating_out_of_its_limits(house: House) -> None:
    """What the thermostat would reject for the other setpoint's sake is refused here, with the limits in the text."""
    house.hall.deadband, house.hall.heat_deg, house.hall.heat_status = 5, 65, 2
    house.hall.heat_limits = (64, 90)
    with pytest.raises(DeviceRefused, match="64° to 90°"):
        house.run()[1].set_cool_setpoint(67, until=TWO_PM)
    assert not house.portal.writes


@pytest.mark.parametrize("deg", [49, 100])
def test_limits(house: House, deg: float) -> None:
    """A setpoint outside the thermostat's limits is not even sent."""
    with pytest.raises(DeviceRefused, match="50° to 99°"):
        house.run()[1].set_cool_setpoint(deg, until=TWO_PM)
    assert not house.portal.writes


def test_celsius_thermostat_in_a_fahrenheit_house(house: House) -> None:
    """25.5 °C reads 77.9 °F; 80 °F goes out as 26.5 °C (not above), and a repetition sends the same."""
    _, _, study = house.run()
    assert study.read_thermostat().setpoint_deg == 77.9
    assert study.read_thermostat().cool_max_deg == 98.6
    assert study.set_cool_setpoint(80, until=TWO_PM) is True
    assert house.portal.writes[-1]["CoolSetpoint"] == 26.5
    assert study.read_thermostat().setpoint_deg == 79.7
    study.set_cool_setpoint(79.7, until=TWO_PM)
    assert house.portal.writes[-1]["CoolSetpoint"] == 26.5


def test_two_degrees_fahrenheit_are_one_celsius_step(house: House) -> None:
    """+2 °F on a °C thermostat is +1.0 °C (1.1 rounded to half a degree)."""
    _, _, study = house.run()
    present = study.read_thermostat().setpoint_deg
    assert present is not None
    study.set_cool_setpoint(present + 2, until=TWO_PM)
    assert house.study.cool_deg == 26.5


def test_celsius_house(house: House) -> None:
    """In a house that counts in °C both thermostats do."""
    house.unit = "C"
    _, hall, study = house.run()
    assert study.read_thermostat().setpoint_deg == 25.5
    assert hall.read_thermostat().setpoint_deg == 25.56
    assert hall.read_thermostat().unit == "C"
    study.set_cool_setpoint(24, until=TWO_PM)
    assert house.study.cool_deg == 24


def test_resume_schedule(house: House) -> None:
    """The schedule is resumed with 0/0; a thermostat without one says so."""
    _, hall, _ = house.run()
    hall.set_cool_setpoint(82)
    assert hall.resume_schedule() is True
    assert house.hall.cool_deg == 78
    house.hall.schedule_capable = False
    with pytest.raises(DeviceRefused, match="no schedule"):
        house.run()[1].resume_schedule()


def test_a_thermostat_without_a_schedule_tells_none(house: House) -> None:
    """Then there is no schedule's setpoint to go back to."""
    house.hall.schedule_capable = False
    assert house.run()[1].read_thermostat().schedule_setpoint_deg is None


@pytest.mark.parametrize("fault", ["device-lost", "device-dead", "not-success"])
def test_a_lost_thermostat(house: House, fault: str) -> None:
    """Old values of a thermostat that is off line are no reading."""
    house.portal.faults.set(fault)
    with pytest.raises(DeviceUnreachable):
        house.run()[1].read_thermostat()


def test_a_lost_thermostat_does_not_hide_the_other(house: House) -> None:
    """Only the lost one is unreachable, and no log-in is spent on it."""
    house.portal.faults.set("device-lost", times=1)
    _, hall, study = house.run()
    with pytest.raises(DeviceUnreachable):
        hall.read_thermostat()
    assert study.read_thermostat().setpoint_deg == 77.9
    assert len(house.portal.logins) == 1


def test_unknown_values_are_none(house: House) -> None:
    """128 and null are no temperatures."""
    house.portal.faults.set("no-temperature")
    house.portal.faults.set("null-setpoints")
    reading = house.run()[1].read_thermostat()
    assert (reading.indoor_deg, reading.setpoint_deg, reading.heat_setpoint_deg) == (None, None, None)


def test_an_unknown_thermostat(house: House) -> None:
    """A number that the portal does not know ends in a device error, not a traceback."""
    del house.portal.devices[123456]
    with pytest.raises(DeviceUnreachable):
        house.run()[1].read_thermostat()


def test_a_rejected_setpoint(house: House) -> None:
    """success 0 is a refusal."""
    house.portal.faults.set("submit-refused")
    with pytest.raises(DeviceRefused):
        house.run()[1].set_cool_setpoint(80, until=TWO_PM)


def test_success_without_effect_is_pending(house: House) -> None:
    """The portal says success and nothing happens: not confirmed, so that the next run looks again."""
    house.portal.faults.set("submit-ignored")
    assert house.run()[1].set_cool_setpoint(80, until=TWO_PM) is False


def test_a_late_reading_is_waited_for(house: House) -> None:
    """A change that shows up some seconds later is confirmed."""
    house.portal.faults.set("lagging", 5)
    assert house.run()[1].set_cool_setpoint(80, until=TWO_PM) is True
    house.clock.advance(900)
    house.portal.faults.set("lagging", 600)
    assert house.run()[1].set_cool_setpoint(81, until=TWO_PM) is False


def test_a_torn_answer_to_a_change(house: House) -> None:
    """The target is sent again: a repetition of a target does no harm."""
    house.portal.faults.set("submit-torn", times=1)
    assert house.run()[1].set_cool_setpoint(80, until=TWO_PM) is True
    assert house.hall.cool_deg == 80


def test_an_error_page_on_a_change(house: House) -> None:
    """A page at status 500 is an outage; nothing is claimed."""
    house.portal.faults.set("submit-html")
    with pytest.raises(DeviceUnreachable):
        house.run()[1].set_cool_setpoint(80, until=TWO_PM)


def test_an_answer_without_data(house: House) -> None:
    """JSON of another shape is nonsense, with the device's name."""
    house.portal._check = lambda one: {"success": True, "latestData": None}  # type: ignore[method-assign]
    with pytest.raises(DeviceReplyError, match="hall"):
        house.run()[1].read_thermostat()


def test_a_decision_costs_one_read_one_change_one_look(house: House) -> None:
    """After the log-in a change takes three requests."""
    _, hall, _ = house.run()
    hall.read_thermostat()
    before = len(house.portal.journal)
    hall.set_cool_setpoint(80, until=TWO_PM)
    assert len(house.portal.journal) - before == 2

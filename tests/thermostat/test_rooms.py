"""Rooms with thermal mass: what cools, what stores, what a thermostat does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.rooms import AirConditioner, Room, Rooms
from solarctl.virtualhome.thermostats import OFF, WallThermostat

ZONE = ZoneInfo("America/Phoenix")
NOON = datetime(2026, 7, 15, 19, 0, tzinfo=UTC)


def living_room(**keys: float) -> Room:
    return Room("living", WallThermostat(1, "LIVING", ZONE), **keys)  # type: ignore[arg-type]


def test_the_thermostat_keeps_the_room() -> None:
    """At 43 °C outdoors the room stays within a thermostat's swing of its setpoint."""
    room = living_room()
    room.advance(NOON, 3600, 43.0, 800.0)
    for minute in range(180):
        room.advance(NOON + timedelta(minutes=60 + minute), 60, 43.0, 800.0)
        assert abs(room.air_c - room.thermostat.cool_c) < 0.8


def test_cooling_costs_more_when_it_is_hot() -> None:
    """The same cooling takes more electricity at 43 °C than at 30 °C."""
    unit = AirConditioner(cooling=True)
    assert unit.electric_w(43) > 1.2 * unit.electric_w(30)
    assert AirConditioner().electric_w(43) == 0


def test_cold_walls_delay_the_heat() -> None:
    """A room whose walls were cooled for hours stays cool longer than one whose air alone was."""

    def minutes_until_warm(mass_c: float) -> int:
        room = living_room(air_c=20.0, mass_c=mass_c)
        room.thermostat.switch = OFF
        minutes = 0
        while room.air_c < 25.0:
            room.advance(NOON, 60, 43.0, 500.0)
            minutes += 1
        return minutes

    assert minutes_until_warm(21.0) > 1.5 * minutes_until_warm(25.0)


@pytest.mark.parametrize("seconds", [60, 600, 3600])
def test_the_step_does_not_matter(seconds: int) -> None:
    """Energy over four hours is the same, whatever pieces time passes in."""
    room = living_room()
    used = sum(room.advance(NOON + timedelta(seconds=at), seconds, 42.0, 600.0) for at in range(0, 4 * 3600, seconds))
    assert used == pytest.approx(5900, rel=0.25)


def test_heat_balance() -> None:
    """Without sun, people and conditioner, room and walls end at the outdoor temperature."""
    room = living_room(inside_w=0.0, air_c=20.0, mass_c=20.0)
    room.thermostat.switch = OFF
    room.advance(NOON, 20 * 24 * 3600, 31.0, 0.0)
    assert room.air_c == pytest.approx(31.0, abs=0.1)
    assert room.mass_c == pytest.approx(31.0, abs=0.1)


def test_heating_in_winter() -> None:
    """Set to heat, the same unit keeps the room warm."""
    room = living_room(air_c=15.0, mass_c=15.0)
    room.thermostat.switch = 1
    room.advance(NOON, 12 * 3600, 0.0, 0.0)
    assert room.air_c == pytest.approx(room.thermostat.heat_c, abs=0.8)


def test_all_rooms_draw_together() -> None:
    """The part's power is what all its conditioners draw."""
    rooms = Rooms([living_room(air_c=30.0), living_room(air_c=30.0)])
    rooms.advance(NOON, 60, 40.0, 0.0)
    assert rooms.power_w == pytest.approx(2 * rooms.rooms[0].conditioner.electric_w(40.0))


def test_a_hold_and_a_schedule() -> None:
    """A hold ends at the next such quarter of an hour; then the schedule's setpoint is back."""
    thermostat = WallThermostat(1, "LIVING", ZONE)
    thermostat.cool_deg = 67.0
    thermostat.hold(1, 56, NOON)
    assert thermostat.next_index(NOON) == 56
    thermostat.follow(NOON + timedelta(hours=1, minutes=59))
    assert thermostat.cool_deg == 67
    thermostat.follow(NOON + timedelta(hours=2))
    assert (thermostat.cool_deg, thermostat.cool_status) == (78, 0)
    thermostat.hold(1, 40, NOON)  # 10:00 is past: tomorrow
    assert thermostat.hold_ends == NOON + timedelta(hours=22)

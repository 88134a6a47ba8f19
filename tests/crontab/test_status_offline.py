"""`status --offline`: what history knows of each device, and what is paused, as a clock shows it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from solarctl.history import History
from solarctl.virtualhome.clock import DrivenClock

PRAGUE = ZoneInfo("Europe/Prague")
NOON = datetime(2026, 7, 15, 12, tzinfo=PRAGUE)


def test_devices_of_which_nothing_is_known_are_named(house):
    """In a fresh state folder each device of the config has its line."""
    told = house.run("status", "--offline").out
    assert "There are no devices" not in told
    assert "meter: no run has been told anything yet" in told
    assert "relay: no run has been told anything yet" in told


def test_what_record_wrote_is_shown(house):
    """A reading in history has its line, with its age; the other device has nothing yet."""
    house.clock = DrivenClock(NOON)
    at = NOON.isoformat()
    rows = [{"device": "meter", "what": "battery", "at": at, "soc_pct": 55.0, "battery_w": 100.0}]
    History(house.state_dir, house.clock, PRAGUE).append({"kind": "readings", "at": at, "readings": rows})
    house.clock.sleep(240)
    told = house.run("status", "--offline").out
    assert "meter (battery): discharging 100 W, charge 55 %, 4 min ago" in told
    assert "relay: no run has been told anything yet" in told


def test_a_pause_ends_at_a_time_of_day(house):
    """No seconds, no zone; the day only where it is another one."""
    house.clock = DrivenClock(NOON)
    house.run("pause", "grid-guard", "--until", "3h")
    assert "grid-guard is paused until 15:00." in house.run("status", "--offline").out
    house.run("pause", "grid-guard", "--until", "2026-07-17")
    assert "grid-guard is paused until 2026-07-17 00:00." in house.run("status", "--offline").out

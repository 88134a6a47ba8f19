"""`precool` and `thermostat-step` as cron runs them: real commands, drivers and state against the served house."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.thermostats import PERMANENT, TEMPORARY
from tests.home import ZONE, Home, served

DAY = datetime(2026, 7, 15, tzinfo=ZoneInfo(ZONE))  # a Wednesday
SITE = "latitude = 50.1\nlongitude = 14.4\n"
TABLES = """
[tariff]
holidays = { extra = ["2026-07-16"] }
[[tariff.windows]]
name = "peak"
days = "mon-fri"
from = "14:00"
to = "20:00"

[precool]
battery = "inverter"
weather = "weather"
thermostats = ["hall"]

[thermostat-step]
battery = "inverter"
thermostats = ["hall"]
"""


def at(home: Home, hour: int, minute: int = 0, *, day: int = 15) -> None:
    """Let the clock reach an hour of the day."""
    assert isinstance(home.clock, DrivenClock)
    home.clock.move_to(DAY.replace(day=day, hour=hour, minute=minute))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    clock = DrivenClock(DAY)
    with served(tmp_path, "solax-cloud", "honeywell-tcc", "open-meteo", tables=TABLES, clock=clock, site=SITE) as home:
        home.emulators["open-meteo"].outlook.highs_c[DAY.date()] = 42.0
        home.emulators["solax-cloud"].pin(soc=80.0)
        yield home


def hall(home: Home) -> Any:
    return home.emulators["honeywell-tcc"].devices[123456]


def written(home: Home) -> list[float]:
    return [one.get("CoolSetpoint") for one in home.emulators["honeywell-tcc"].writes]


def test_precool_then_the_hold_ends_by_itself(home: Home) -> None:
    """At noon the house is cooled to 67 °F; at 14:00 the schedule is back though nothing runs."""
    at(home, 12)
    answer = home.json("precool")
    assert (answer["reason"], answer["exit"]) == ("both", 0)
    assert answer["actions"] == [{"device": "hall", "action": "cool-setpoint", "to": 67.0, "outcome": "done"}]
    assert [one["what"] for one in answer["readings"]] == ["battery", "weather", "thermostat"]
    assert hall(home).cool_deg == 67
    assert home.json("precool")["actions"][0]["outcome"] == "unchanged"
    at(home, 14, 5)
    hall(home).follow(home.clock.now())
    assert hall(home).cool_deg == 78
    assert home.json("precool")["reason"] == "no-window"


def test_precool_on_a_holiday_asks_nobody(home: Home) -> None:
    """Without a peak there is nothing to precool for, and no device is asked."""
    at(home, 12, day=16)
    before = len(home.emulators["solax-cloud"].journal)
    assert home.json("precool")["reason"] == "no-window"
    assert len(home.emulators["solax-cloud"].journal) == before
    assert not home.emulators["honeywell-tcc"].journal


def test_precool_without_a_forecast(home: Home) -> None:
    """The battery alone decides, the sentence says so, and the exit code asks for another try."""
    at(home, 12)
    home.emulators["open-meteo"].faults.set("overloaded")
    answer = home.json("precool")
    assert (answer["reason"], answer["exit"]) == ("low-battery", 75)
    assert "the battery alone decides" in answer["because"]
    assert hall(home).cool_deg == 67


def test_a_dry_run_changes_nothing_but_keeps_the_session(home: Home) -> None:
    """A dry run would cool, does not, and the log-in it needed is not needed again."""
    at(home, 12)
    answer = home.json("precool", "--dry-run")
    assert answer["actions"][0]["outcome"] == "dry-run"
    assert not written(home)
    home.json("precool", "--dry-run")
    assert len(home.emulators["honeywell-tcc"].logins) == 1


def test_not_needed_costs_two_requests(home: Home) -> None:
    """A full battery on a mild day: one question to the inverter's cloud, one to the weather, none to the portal."""
    at(home, 12)
    home.emulators["open-meteo"].outlook.highs_c[DAY.date()] = 30.0
    home.emulators["solax-cloud"].pin(soc=95.0)
    assert home.json("precool")["reason"] == "not-needed"
    assert [len(home.emulators[name].journal) for name in ("solax-cloud", "open-meteo", "honeywell-tcc")] == [1, 1, 0]


def test_a_peak_from_full_to_empty(home: Home) -> None:
    """2, 2 and 4 degrees (clipped at the ceiling), one log-in for the whole afternoon, and back to the schedule."""
    outcomes = []
    for hour, minute, soc in [
        (14, 0, 70),
        (15, 0, 49),
        (15, 15, 48),
        (16, 30, 34),
        (18, 0, 19),
        (20, 5, 15),
        (20, 20, 15),
    ]:
        at(home, hour, minute)
        home.emulators["solax-cloud"].pin(soc=float(soc))
        answer = home.json("thermostat-step")
        assert answer["exit"] == 0
        outcomes.append((answer["reason"], hall(home).cool_deg, [one["outcome"] for one in answer["actions"]]))
    assert outcomes == [
        ("hold", 78, []),
        ("stepped", 80, ["done"]),
        ("hold", 80, ["unchanged"]),
        ("stepped", 82, ["done"]),
        ("stepped", 82, ["unchanged"]),
        ("restored", 78, ["done"]),
        ("outside-window", 78, []),
    ]
    assert written(home) == [80, 82, None]
    assert len(home.emulators["honeywell-tcc"].logins) == 1


def test_precool_before_thermostat_step(home: Home) -> None:
    """The step counts from the setpoint before precool, also while the portal still shows the cold one."""
    at(home, 12)
    home.json("precool")
    at(home, 14, 15)
    thermostat = hall(home)
    thermostat.schedule_capable = False
    thermostat.cool_deg, thermostat.cool_status, thermostat.hold_ends = 67.0, TEMPORARY, None
    home.emulators["solax-cloud"].pin(soc=40.0)
    answer = home.json("thermostat-step")
    assert answer["actions"][0]["to"] == 80


def test_half_a_failure(home: Home) -> None:
    """The portal rejects the change: exit 69, the step is remembered, and the next run sets the same target once."""
    at(home, 15)
    home.emulators["solax-cloud"].pin(soc=49.0)
    home.emulators["honeywell-tcc"].faults.set("submit-refused", times=1)
    assert home.json("thermostat-step")["exit"] == 69
    at(home, 15, 15)
    answer = home.json("thermostat-step")
    assert (answer["reason"], answer["actions"][0]["to"], answer["actions"][0]["outcome"]) == ("hold", 80, "done")
    assert written(home) == [80]


def test_a_person_wins(home: Home) -> None:
    """Set to 75 by hand after the first step: no run of the afternoon touches it, nor does the end of the peak."""
    at(home, 15)
    home.emulators["solax-cloud"].pin(soc=49.0)
    home.json("thermostat-step")
    hall(home).cool_deg = 75.0
    hall(home).hold(PERMANENT, None, home.clock.now())
    for hour, soc in [(16, 34), (18, 18), (21, 15)]:
        at(home, hour)
        home.emulators["solax-cloud"].pin(soc=float(soc))
        answer = home.json("thermostat-step")
        assert not answer["actions"]
    assert hall(home).cool_deg == 75


def test_import_during_the_peak_is_told(home: Home) -> None:
    """More than 500 W from the grid while power is dear is said, and marked for a mail once a day."""
    at(home, 15)
    home.emulators["solax-cloud"].pin(soc=80.0, grid_w=1800.0)
    answer = home.json("thermostat-step")
    assert "1800 W from the grid" in answer["because"]
    assert answer["tell"] is True
    at(home, 15, 15)
    answer = home.json("thermostat-step")
    assert "1800 W from the grid" in answer["because"]
    assert "tell" not in answer


def test_lost_thermostat_and_silent_battery(home: Home) -> None:
    """Nothing is written when the battery is silent; a lost thermostat asks for another try and is named."""
    at(home, 15)
    home.emulators["solax-cloud"].pin(soc=49.0)
    home.emulators["honeywell-tcc"].faults.set("device-lost")
    answer = home.json("thermostat-step")
    assert (answer["reason"], answer["exit"]) == ("stepped", 75)
    assert answer["errors"][0]["device"] == "hall"
    home.emulators["honeywell-tcc"].faults.clear()
    at(home, 15, 15)
    assert home.json("thermostat-step")["actions"][0]["outcome"] == "done"
    home.emulators["solax-cloud"].faults.set("http-500")
    at(home, 15, 30)
    answer = home.json("thermostat-step")
    assert (answer["reason"], answer["exit"], answer["actions"]) == ("no-reading", 75, [])


def test_what_if(home: Home) -> None:
    """--now asks for another moment and changes nothing."""
    at(home, 9)
    answer = home.json("precool", "--now", "2026-07-15T12:00")
    assert (answer["reason"], answer["dry_run"], answer["actions"][0]["outcome"]) == ("both", True, "dry-run")
    assert home.json("precool", "--now", "2026-07-18T12:00")["reason"] == "no-window"
    assert not written(home)


def test_by_hand(home: Home) -> None:
    """`device setpoint` and `device read` work with the same driver."""
    at(home, 12)
    assert home.json("device", "setpoint", "hall", "76")["actions"][0]["outcome"] == "done"
    reading = home.json("device", "read", "hall")["readings"][0]
    assert (reading["setpoint_deg"], reading["what"]) == (76, "thermostat")
    assert home.json("device", "read", "weather")["readings"][0]["high_deg"] == pytest.approx(107.6)


def test_no_secret_shows(home: Home) -> None:
    """With -vv the requests are shown, the password and the session are not."""
    at(home, 12)
    result = home.run("precool", "-vv")
    session = next(iter(home.emulators["honeywell-tcc"].sessions))
    for text in (result.out, result.err):
        assert "correct horse" not in text
        assert session not in text
    assert "SubmitControlScreenChanges" in result.err
    assert "correct horse" not in json.dumps(home.state())


def test_set_points_that_are_null(home: Home) -> None:
    """The portal tells no set point: exit 75, nothing is written; the next run takes the step."""
    at(home, 15)
    home.emulators["solax-cloud"].pin(soc=49.0)
    home.emulators["honeywell-tcc"].faults.set("null-setpoints")
    answer = home.json("thermostat-step")
    assert (answer["exit"], answer["actions"], written(home)) == (75, [], [])
    home.emulators["honeywell-tcc"].faults.clear()
    at(home, 15, 10)
    assert [one["outcome"] for one in home.json("thermostat-step")["actions"]] == ["done"]

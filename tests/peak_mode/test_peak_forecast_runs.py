"""peak-mode with a forecast as a command: what it asks and how often, what it learns, and what a silence does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.solar import Plane, SolarPlant
from tests.home import Home, served
from tests.peak_mode.peak_home import PRAGUE, TABLES, at, outcomes, tesla

TUESDAY = datetime(2026, 7, 14, 20, 0, tzinfo=PRAGUE)
AHEAD = (
    TABLES
    + """offpeak_reserve_pct = 80
idle_reserve_pct = 20
ready_h = 4
forecast = "sun"
weather = "weather"
"""
)


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock(TUESDAY)


@pytest.fixture
def home(tmp_path: Path, clock: DrivenClock) -> Iterator[Home]:
    """A house on the evening before a peak, whose history knows the days before."""
    with served(tmp_path, "tesla", "open-meteo", "open-meteo-solar", tables="", clock=clock) as home:
        home.house.solar = SolarPlant((Plane(5.0),))
        home.configure(AHEAD, site="latitude = 50.0\nlongitude = 14.4\n")
        for day in range(6, 14):  # Monday to Monday
            recorded(home, datetime(2026, 7, day, tzinfo=PRAGUE))
        yield home


def recorded(home: Home, midnight: datetime, load_w: float = 2500.0) -> None:
    """Write a day's journal: the load of each half hour."""
    folder = home.state_dir / "history"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for half in range(48):
        when = (midnight + timedelta(minutes=30 * half)).isoformat()
        reading = {"device": "powerwall", "what": "load", "at": when, "load_w": load_w}
        rows.append(json.dumps({"kind": "readings", "at": when, "readings": [reading]}, separators=(",", ":")))
    (folder / f"{midnight:%Y-%m-%d}.jsonl").write_text("\n".join(rows) + "\n")


def asked(home: Home) -> list[int]:
    """How often the sun and the weather have been asked so far."""
    return [len(home.emulators[name].journal) for name in ("open-meteo-solar", "open-meteo")]


def learned(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = home.state()["memory"]["peak-mode"]["learned"]
    return found


def test_an_evening(home: Home, clock: DrivenClock) -> None:
    """After the peak it keeps what tomorrow's will need, says why, and asks each service once, not each run."""
    row = home.json("peak-mode")
    assert (row["reason"], row["exit"]) == ("forecast", 0)
    assert "kWh of sun" in row["because"]
    level = learned(home)["outlook"]["level_pct"]
    assert 20 < level <= 80
    assert outcomes(row) == [("reserve", level, "done")]
    days = [one["day"] for one in learned(home)["days"]]
    assert days == [f"2026-07-{day:02}" for day in (6, 7, 8, 9, 10, 13)]  # the weekend has no peak
    assert {one["load_kwh"][15] for one in learned(home)["days"]} == {2.5}
    first = asked(home)
    for when in ("20:05", "20:55"):
        at(clock, when)
        assert home.json("peak-mode")["reason"] == "forecast"
    assert asked(home) == first == [1, 1]
    assert home.json("why", "peak-mode")["decisions"][0]["because"].endswith("are kept.")


def test_a_night_and_a_day_of_questions(home: Home, clock: DrivenClock) -> None:
    """The weather is asked every six hours, the sun at most every hour, nobody once the peak has begun."""
    for hour in range(21):
        clock.move_to(TUESDAY + timedelta(hours=hour))
        home.run("peak-mode", "-q")
    sun, weather = asked(home)
    assert weather == 3
    assert sun <= 18
    assert tesla(home).site.reserve_pct == 0  # 13:50 and later: the peak


def test_eod_status_wants_the_same(home: Home) -> None:
    """The evening mail looks at the reserve with the same outlook, and does not call it wrong."""
    home.run("peak-mode")
    row = home.json("eod-status", "-n")
    assert not [one for one in row["actions"] if one["action"] == "reserve"]


def test_without_a_word_of_the_sun(home: Home, clock: DrivenClock) -> None:
    """A service that is silent from the first: as without a forecast, and it says so."""
    home.emulators["open-meteo-solar"].faults.set("overloaded")
    row = home.json("peak-mode")
    assert (row["reason"], outcomes(row)) == ("no-forecast", [("reserve", 20.0, "unchanged")])
    assert "sun does not know the coming sun" in row["because"]
    clock.move_to(TUESDAY + timedelta(hours=14, minutes=5))
    assert outcomes(home.json("peak-mode")) == [("reserve", 80.0, "done")]


def test_without_a_word_of_the_heat(home: Home) -> None:
    """A weather service that is silent: as without a forecast, tried again with the next runs."""
    home.emulators["open-meteo"].faults.set("overloaded")
    row = home.json("peak-mode")
    assert (row["reason"], row["exit"]) == ("no-forecast", 75)
    assert "weather does not know how hot it will be" in row["because"]


def test_days_that_are_not_known_yet(home: Home) -> None:
    """A new house has nothing to learn from: as without a forecast, with what is missing."""
    for path in (home.state_dir / "history").iterdir():
        path.unlink()
    row = home.json("peak-mode")
    assert row["reason"] == "no-forecast"
    assert "only 0 of 3 peak days" in row["because"]
    assert asked(home) == [0, 1]  # the heat of the days to learn from must be known


def test_asking_what_would_be(home: Home) -> None:
    """--now and -n look ahead too, and leave no memory behind."""
    assert home.json("peak-mode", "-n")["reason"] == "forecast"
    assert "peak-mode" not in home.state()["memory"]


def test_a_battery_that_tells_no_load(home: Home) -> None:
    """Where no meter tells the house's load, the config is wrong, and the key is named."""
    home.configure(AHEAD + 'load = "weather"\n', site="latitude = 50.0\nlongitude = 14.4\n")
    row = home.json("peak-mode")
    assert row["exit"] == 78
    assert "weather" in row["errors"][0]["message"]

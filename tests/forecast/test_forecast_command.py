"""`forecast`: the rule, what it learns, and the command against a service on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from solarctl.control.forecast import Memory, Reason, Sample, decide, expecting, learned, produced_wh
from solarctl.errors import Exit
from solarctl.readings import ForecastReading
from tests.home import Home, served

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 6, 21, 12, tzinfo=ZONE)
TOLD = ForecastReading(at=NOON, start=NOON, slot_min=60, solar_w=(1000.0, 2000.0, 500.0), source="Open-Meteo")
TABLE = [
    (TOLD, Reason.FORECAST, Exit.OK, "3.5 kWh"),
    (replace(TOLD, at=NOON - timedelta(hours=3), note="Open-Meteo: silent"), Reason.CACHED, Exit.OK, "3.0 h old"),
    (replace(TOLD, source="clear sky", note="x; clear sky times y"), Reason.CLEAR_SKY, Exit.TRY_AGAIN, "guess"),
    (None, Reason.NO_READING, Exit.TRY_AGAIN, "no forecast"),
]


@pytest.mark.parametrize(("reading", "reason", "code", "word"), TABLE)
def test_table(reading, reason, code, word):
    """How good a forecast is, in a word and in a sentence."""
    decision = decide(reading, Memory(), NOON)
    assert (decision.reason, decision.exit_code) == (reason, code)
    assert word in decision.because


def test_the_table_uses_every_reason():
    """No reason is left untested."""
    assert {row[1] for row in TABLE} == set(Reason)


def test_learning():
    """Panels that always give 80 % of what is told are believed so within days, never below half."""
    memory = Memory()
    for day in range(30):
        that = date(2026, 6, 1) + timedelta(days=day)
        memory = replace(memory, expected_wh={that.isoformat(): 10_000})
        memory = learned(memory, that, 8000)
        memory = learned(memory, that, 8000)  # a day teaches once
    assert memory.correction == pytest.approx(0.8, abs=0.02)
    assert len(memory.ratios) == 10
    dark = replace(memory, expected_wh={"2026-07-01": 100})
    assert learned(dark, date(2026, 7, 1), 0).correction == memory.correction


def test_what_is_expected():
    """The uncorrected word of the service is noted; a guess is not."""
    told = replace(TOLD, correction=0.5)
    assert expecting(Memory(), NOON.date(), told).expected_wh == {"2026-06-21": 7000}
    assert expecting(Memory(), NOON.date(), replace(told, source="clear sky")).expected_wh == {}


def test_what_was_produced():
    """By the counter, else by the power; too many gaps say nothing."""
    start = NOON.replace(hour=0)
    end = start + timedelta(days=1)
    counted = [Sample(start + timedelta(hours=h), None, 100 + h / 2) for h in range(25)]
    assert produced_wh(counted, start, end) == pytest.approx(12_000)
    powers = [Sample(start + timedelta(minutes=15 * n), 1000.0) for n in range(97)]
    assert produced_wh(powers, start, end) == pytest.approx(24_000)
    assert produced_wh(powers[:40], start, end) is None


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "open-meteo-solar", tables="") as made:
        yield made


def test_the_command(home):
    """The contract's JSON, a table for people, and CSV."""
    found = home.json("forecast")
    row = found["forecast"]
    assert set(row) == {"start", "slot_min", "solar_w"}
    assert (row["slot_min"], len(row["solar_w"])) == (15, 192)
    assert (found["reason"], found["exit"]) == ("forecast", 0)
    assert found["age_s"] < 60
    text = home.run("forecast").out
    assert "█" in text
    assert "kWh" in text
    lines = home.run("forecast", "--csv", "--hours", "24", "--slot", "60").out.splitlines()
    assert lines[0] == "start,solar_w"
    assert len(lines) == 25


def test_silence(home):
    """The kept answer with its age; then a clear sky, which tries again."""
    home.run("forecast")
    home.clock.advance(hours=3)
    home.emulators["open-meteo-solar"].faults.set("overloaded")
    kept = home.json("forecast")
    assert (kept["reason"], kept["exit"]) == ("cached", 0)
    assert kept["age_s"] == pytest.approx(3 * 3600, abs=30)
    shutil.rmtree(home.state_dir / "cache")
    guessed = home.json("forecast")
    assert (guessed["reason"], guessed["exit"]) == ("clear-sky", 75)
    assert "clear sky" in guessed["because"]


def test_no_forecast_device(tmp_path):
    """A config without a forecast says what to add."""
    with served(tmp_path, tables="") as home:
        found = home.json("forecast")
        assert found["exit"] == 78
        assert "open-meteo-solar" in found["errors"][0]["hint"]


PLAN = """
[devices.p1]
driver = "homewizard"
base_url = "http://127.0.0.1:1"
[devices.boiler]
driver = "homewizard"
base_url = "http://127.0.0.1:1"
[plan]
forecast = "sun"
grid = "p1"
[[plan.devices]]
device = "boiler"
power_w = 2000
capacity_kwh = 4
"""


def test_a_plan_says_whose_sun_it_goes_by(home):
    """A service that is silent: the plan names the trouble, and whether its last word or a guess stands in."""
    home.configure(PLAN)
    assert "note" not in home.json("plan")
    home.clock.advance(hours=3)
    home.emulators["open-meteo-solar"].faults.set("overloaded")
    old = home.json("plan")
    assert (old["source"], old["age_s"] >= 3 * 3600) == ("Open-Meteo", True)
    assert "its word of" in home.run("plan").out
    shutil.rmtree(home.state_dir / "cache")
    assert home.json("plan")["source"] == "clear sky"
    assert "The sun is a guess: Open-Meteo" in home.run("plan").out

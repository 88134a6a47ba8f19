"""What a load brings with it: a thermostat, a thermometer, an unknown power, a guarantee, the day's energy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solarctl.control.balance import LoadSettings, Why
from solarctl.control.balance_settings import Guarantee, HotCycle
from tests.balance.house import HEATER, NOON, RADIATOR, SEEN_WHYS, Bench, seen


def test_a_full_tank_gives_its_share_away_and_is_asked_again():
    """20 s without draw: full, the radiator gets the sun; after ten minutes a probe; drawing again, all of it."""
    bench = Bench(HEATER, RADIATOR)
    bench.metered = {"heater"}
    bench.solar_w = 1320
    bench.tick(times=3)
    bench.drawn["heater"] = 0.0
    bench.tick(times=9)
    assert seen(bench).why("heater") == Why.FULL
    bench.tick(times=4)
    assert bench.on("radiator"), "its share is given on"
    probes = []
    for _ in range(210):
        bench.tick()
        if bench.why("heater") == Why.PROBE:
            probes.append(bench.told["heater"])
            SEEN_WHYS.add(Why.PROBE)
    assert probes
    assert max(probes) <= 150
    del bench.drawn["heater"]  # somebody took a bath
    bench.tick(times=230)
    assert bench.why("heater") == Why.SURPLUS
    assert bench.told["heater"] >= 350


def test_an_unknown_load_is_switched_and_measured():
    """A load of unknown power is tried, the meters tell what it draws, and from then on it counts with that."""
    bench = Bench(LoadSettings("pump", min_on_s=30))
    bench.solar_w = 1200
    bench.tick(times=3)
    assert bench.on("pump")
    bench.drawn["pump"] = 740.0
    seen(bench.tick())
    assert bench.why("pump") == Why.MEASURING
    while not bench.memory.loads["pump"].learned_w:
        bench.tick()
    assert bench.memory.loads["pump"].learned_w == pytest.approx(740)
    assert bench.memory.house.base_w == pytest.approx(300), "it is ours now, no longer the house's"
    bench.tick()
    bench.solar_w = 900  # less than it draws: off after its shortest time
    bench.tick(times=15)
    assert not bench.on("pump")


def test_an_unreachable_load_counts_as_off():
    """What cannot be told anything gets nothing, and starts from 0 when it is back."""
    bench = Bench(HEATER)
    bench.solar_w = 1320
    bench.change("heater", reachable=False)
    seen(bench.tick(times=2))
    assert bench.why("heater") == Why.UNREACHABLE
    assert bench.told["heater"] == 0


def test_tank_temperatures():
    """Hot enough is off, a silent thermometer is off, and once a week the tank is heated through."""
    heater = replace(HEATER, thermometer="probe", max_deg=75.0, hot_cycle=HotCycle(deg=60, every_days=7, hold_min=10))
    bench = Bench(heater)
    bench.solar_w = 2000
    bench.change("heater", temperature_deg=76.0)
    assert seen(bench.tick(times=2)).why("heater") == Why.TOO_HOT
    bench.change("heater", temperature_deg=None)
    assert seen(bench.tick(times=2)).why("heater") == Why.NO_TEMPERATURE
    bench.change("heater", temperature_deg=45.0)
    bench.tick(times=2)
    assert bench.told["heater"] > 1000
    bench.solar_w = 0
    bench.tick(times=2)
    assert bench.told["heater"] == 0
    bench.now = bench.now.replace(day=9)
    assert seen(bench.tick(times=2)).why("heater") == Why.HOT_CYCLE
    bench.change("heater", temperature_deg=61.0)
    bench.tick(seconds=30, times=25)
    assert bench.told["heater"] == 0, "held for its ten minutes, and done"


def test_the_days_energy():
    """Metered energy is true, unmetered is marked as estimated; both start afresh at day_start."""
    bench = Bench(HEATER, RADIATOR, start=NOON)
    bench.metered = {"heater"}
    bench.solar_w = 4000
    bench.tick(seconds=5, times=720)
    heater, radiator = bench.decision.details["loads"]
    assert heater["energy_wh"] == pytest.approx(2400, rel=0.02)
    assert radiator["energy_wh"] == pytest.approx(600, rel=0.02)
    assert (heater["estimated"], radiator["estimated"]) == (False, True)
    bench.now = bench.now.replace(day=2, hour=6, minute=0, second=0)
    bench.tick(times=2)
    assert bench.memory.loads["heater"].day_wh < 10
    assert bench.memory.loads["heater"].yesterday_wh == pytest.approx(2400, rel=0.02)


def test_a_guarantee_is_a_reason_of_its_own():
    """Late in the night the heater runs for its guarantee."""
    bench = Bench(replace(HEATER, guarantee=Guarantee(kwh=4)), start=NOON.replace(hour=5, minute=30))
    assert seen(bench.tick()).why("heater") == Why.GUARANTEE


def test_silence_brings_each_load_to_its_safe_level():
    """A heater to the step that its safe level covers, a radiator off, a fan that is safe when it runs on."""
    fan = replace(RADIATOR, device="fan", power_w=40, safe_w=40)
    bench = Bench(replace(HEATER, safe_w=520), RADIATOR, fan)
    bench.solar_w = 4000
    bench.tick(times=10)
    assert bench.on("radiator")
    bench.silent = True
    bench.tick(seconds=20)
    assert (bench.told["heater"], bench.on("radiator"), bench.on("fan")) == (500, False, True)
    assert {bench.why(name) for name in ("heater", "radiator", "fan")} == {Why.NO_READING}
    bench.silent = False
    bench.change("radiator", reachable=False)
    bench.tick(times=70)
    assert (bench.why("radiator"), bench.on("radiator")) == (Why.UNREACHABLE, False)


def test_a_full_load_without_sun_is_not_being_asked():
    """Ten minutes after it was full there is no sun: as soon as there is, it is asked for its whole time."""
    bench = Bench(HEATER)
    bench.metered = {"heater"}
    bench.solar_w = 1320
    bench.tick(times=3)
    bench.drawn["heater"] = 0.0
    bench.tick(times=9)
    bench.solar_w = 0
    bench.tick(times=210)
    assert (bench.why("heater"), bench.memory.loads["heater"].probing_since) == (Why.FULL, None)
    bench.solar_w = 1320
    asked = [bench.tick().why("heater") for _ in range(9)]
    assert asked.count(Why.PROBE) >= 6

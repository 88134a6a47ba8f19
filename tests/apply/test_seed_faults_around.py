"""The rest of what homewizard_project got wrong: its control, its charts, its services, and what it loads."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.planning.days import day
from benchmarks.planning.play import nothing, ours
from solarctl.control import plan
from solarctl.control.plan_house import Following
from solarctl.control.plan_settings import Load, Settings
from solarctl.control.sun_seen import as_seen
from solarctl.errors import DeviceError
from solarctl.reporting.plan_panel import _Panel, draw
from solarctl.reporting.plan_view import View, view_of
from solarctl.schedule import unit_files
from tests.apply.house import BIKE, BOILER, NOON, Days


def slots_played(hours: int, slot_min: int, monkeypatch: pytest.MonkeyPatch) -> float:
    """Return how many slots are played for one plan with a battery."""
    played: list[Following] = []
    begin = Following.__init__

    def counted(self, *args, **keys):
        played.append(self)
        begin(self, *args, **keys)

    monkeypatch.setattr(Following, "__init__", counted)
    loads = (replace(BOILER, min_on_min=0.0), Load("bike", 200.0, 0.5))
    rules = Settings("sun", "p1", battery="battery", devices=loads, horizon_h=hours, slot_min=slot_min)
    count = rules.slots
    sunny = tuple(1500.0 if 4 <= t * slot_min / 60 % 24 < 12 else 0.0 for t in range(count))
    seen = plan.Foreseen(sunny, (300.0,) * count, (0.3,) * count, (0.05,) * count, 0.5)
    plan.decide(seen, rules, plan.Memory(), NOON.replace(hour=6))
    monkeypatch.undo()
    return sum(one.work for one in played)


def test_work_does_not_grow_with_the_square_of_the_slots(monkeypatch):
    """7: three times as many slots are hardly more than three times the work, not nine times."""
    coarse, fine = slots_played(24, 15, monkeypatch), slots_played(24, 5, monkeypatch)
    assert 0 < fine < 5 * coarse


def test_the_benchmark_runs():
    """10: a day of the benchmark is planned and scored: less is paid than when nothing is planned."""
    one = day("spring", 0, 2, 15, dynamic=False, battery=True)
    assert ours(one).total < nothing(one).total


def test_an_oven_does_not_shift_the_night():
    """11: what the meter differs from the forecast now is gone after an hour."""
    days = Days(BOILER)
    days.sun_w = -2500
    days.follow({}, 1000.0)
    days.minutes(5)
    starts = [days.now + timedelta(minutes=15 * n) for n in range(96)]
    found = as_seen((1000.0,) * 96, (200.0,) * 96, starts, 15, days.memory.sun, days.now)
    net = [watts - base for watts, base in zip(found.solar_w, found.base_w)]
    assert net[0] < -2000
    assert net[60:] == pytest.approx([800.0] * 36)


def test_the_houses_own_load_is_foreseen():
    """12: the brighter hour in which the house itself needs the sun is not the one for the load."""
    rules = Settings("sun", "p1", devices=(replace(BOILER, capacity_kwh=2.0),), horizon_h=2, slot_min=60)
    seen = plan.Foreseen((2600.0, 2200.0), (2000.0, 100.0), (0.3, 0.3), (0.05, 0.05))
    assert plan.decide(seen, rules, plan.Memory(), NOON)[1].devices["boiler"] == (0, 1)


def test_without_a_forecast_there_is_control():
    """17: no plan at all, and 3 kW of surplus: the boiler runs on it."""
    days = Days(BOILER)
    days.sun_w = 3000
    days.minutes(2)
    assert days.on["boiler"]


def test_a_dead_device_stops_nobody():
    """18: one socket is silent, the other is served in the same run."""
    days = Days(BOILER, BIKE)
    days.silent.add("boiler")
    days.sun_w = 500
    days.minutes(2)
    assert days.on["bike"]


def test_ten_minutes_are_ten_minutes_of_energy():
    """19: switched by hand, commands failing, a run missed: 2 kW for ten minutes are 333 Wh."""
    days = Days(BOILER)
    days.run()
    days.on["boiler"] = True
    days.failing.add("boiler")
    days.minutes(4)
    days.pass_(3)
    days.minutes(3)
    days.run()
    assert days.stored("boiler") == pytest.approx(1 / 3, abs=0.002)


def test_a_hand_is_respected_and_a_failure_is_none():
    """21: off by hand stays off against the plan; a socket that did not obey is tried again."""
    days = Days(BOILER)
    days.follow({"boiler": [1] * 40})
    days.minutes(2)
    days.on["boiler"] = False
    days.minutes(30)
    assert not days.on["boiler"]
    other = Days(BOILER)
    other.follow({"boiler": [1] * 40})
    other.failing.add("boiler")
    other.minutes(2)
    other.failing.clear()
    other.minutes(1)
    assert other.on["boiler"]


def test_a_lock_is_seen_and_nothing_is_written_twice():
    """22: a socket that is locked on is left alone; one that is where it should be is not switched again."""
    days = Days(BOILER, BIKE)
    days.locked.add("bike")
    days.follow({"boiler": [1] * 40})
    decisions = days.minutes(30)
    assert [(name, to) for _at, name, to in days.moves] == [("boiler", True)]
    assert all(action.device != "bike" for one in decisions for action in one.actions)


def test_only_the_grids_meter_counts_as_the_grid(tmp_path):
    """24: the panels' kWh meter is no part of the grid's power and will not be taken for it; without the P1 meter the
    surplus is not known, however much the sockets draw."""
    from solarctl.drivers.homewizard import HomeWizard
    from solarctl.virtualhome.battery import Battery
    from solarctl.virtualhome.emulators import homewizard
    from solarctl.virtualhome.house import House
    from tests.fakes import FakeClock, context

    clock = FakeClock()
    home = homewizard.HomeWizard(House(start=clock.now(), battery=Battery(2.7)), clock)
    home.start()
    try:
        keys = {"base_url": home.plain["solar-meter"].url, "measures": "solar"}
        meter = HomeWizard("solar-meter", HomeWizard.Settings(**keys), context(clock=clock))
        assert meter.read_solar().solar_w is not None
        with pytest.raises(DeviceError, match="measures solar, not grid"):
            meter.read_grid()
    finally:
        home.stop()
    days = Days(BOILER)
    days.follow({"boiler": [1] * 8})
    days.minutes(2)
    assert days.run().details["available_w"] == pytest.approx(0, abs=1)
    days.silent.add("p1")
    assert days.run().details["available_w"] is None


def pictured(readings: list[dict[str, object]], **view: object) -> View:
    """Return the day of a plan that begins at noon, with what was measured."""
    days = Days(BOILER)
    days.follow({"boiler": [1] * 8}, 3000.0)
    assert days.plan is not None
    start = NOON.replace(hour=6)
    return replace(view_of(days.plan, start, readings, "p1", "battery", {"boiler": 50.0}), **view)


def test_a_battery_groups_power_is_shown_whole():
    """25: 1600 W of two batteries are 1600 W of surplus in the chart, not 800."""
    at = NOON.replace(hour=7).isoformat()
    shown = pictured([
        {"device": "p1", "at": at, "grid_w": 0.0},
        {"device": "battery", "at": at, "battery_w": -1600.0},
    ])  # fmt: skip
    assert shown.spare_w[4] == 1600


def test_a_run_that_went_well_ends_with_0():
    """27: 0, and 64 for a command that there is not; not 130 whatever happens."""
    codes = [
        subprocess.run([sys.executable, "-m", "solarctl", *said], capture_output=True).returncode
        for said in (["--version"], ["plan", "--help"], ["plann"])
    ]
    assert codes[:2] == [0, 0]
    assert codes[2] not in (0, 130)


def test_every_unit_starts_a_program_by_its_whole_path():
    """28: what is shipped for systemd; tests/crontab/test_units.py lets systemd itself read it."""
    found = 0
    for path in unit_files.FOLDER.iterdir():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(path.read_text(encoding="utf-8"))
        for program in (parser.get(name, "ExecStart", fallback="") for name in parser.sections()):
            found += bool(program)
            assert re.match(r"(/|$)", program), path
    assert found


@pytest.mark.parametrize("moment", [NOON, NOON - timedelta(days=1), NOON + timedelta(days=3)])
def test_a_chart_reaches_down_to_the_least_and_needs_no_now(moment):
    """29: 1.8 kW of import are on the axis, and a moment outside the day is simply not marked."""
    shown = pictured([{"device": "p1", "at": NOON.replace(hour=7).isoformat(), "grid_w": 1800.0}], now=moment)
    assert _Panel(shown, 400, 300).low_kw <= -1.5
    assert draw(shown, 400, 300).startswith(b"\x89PNG")


def test_planning_loads_no_driver_and_no_library():
    """30: the rules of `plan` and `apply` come with nothing but Python."""
    program = "import sys; import solarctl.control.plan, solarctl.control.apply; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in loaded if name.startswith(("solarctl.drivers", "solarctl.virtualhome"))]
    assert not {"requests", "click", "rich", "numpy", "pandas", "PIL", "plotly"} & set(loaded)


def test_each_of_the_thirty_has_its_test():
    """The numbers in the docstrings of these three files are all there."""
    from tests.apply import test_seed_faults, test_seed_faults_of_forecasts

    known = [*vars(test_seed_faults).values(), *vars(test_seed_faults_of_forecasts).values(), *globals().values()]
    texts = [(one.__doc__ or "") for one in known if callable(one) and getattr(one, "__name__", "").startswith("test_")]
    numbers = {int(n) for text in texts if (head := re.match(r"([\d, ]+):", text)) for n in re.findall(r"\d+", head[1])}
    assert numbers == set(range(1, 31))

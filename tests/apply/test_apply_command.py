"""`apply` as cron runs it: real sockets, meter and battery on loopback, and a plan on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.home import Home, served

PLAN = """
[plan]
forecast = "sun"
grid = "p1"
battery = "plug-in-battery"
slot_min = 15
base_load_w = 200
[[plan.devices]]
device = "boiler-socket"
power_w = 2000
capacity_kwh = 4.0
[[plan.devices]]
device = "bike-socket"
power_w = 200
capacity_kwh = 0.5
daily_need = false
priority = 2
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with served(tmp_path, "homewizard", "open-meteo-solar", tables=PLAN) as made:
        yield made


def devices(home: Home) -> Any:
    return home.emulators["homewizard"]


def make_plan(home: Home, **rows: list[int]) -> None:
    """Write a plan in which the boiler runs now (or as `rows` say), made by `plan` itself."""
    import json

    assert home.run("plan", "-q").exit == 0
    path = home.state_dir / "plan.json"
    plan = json.loads(path.read_text())
    for name, row in rows.items():
        device = name.replace("_", "-")
        plan["devices"][device] = row + [0] * (len(plan["slots"]) - len(row))
    path.write_text(json.dumps(plan))


def test_the_plan_is_followed(home):
    """A planned boiler goes on, once; the next run writes nothing."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    first = home.json("apply")
    assert first["reason"] == "planned"
    assert {"device": "boiler-socket", "action": "switch", "to": True, "outcome": "done"} in first["actions"]
    assert devices(home).sockets["boiler-socket"].on
    writes = devices(home).counters()["writes"]
    home.clock.advance(minutes=1)
    second = home.json("apply")
    assert {one["outcome"] for one in second["actions"]} == {"unchanged"}
    assert devices(home).counters()["writes"] == writes
    assert second["exit"] == 0


def test_energy_survives_missed_runs(home):
    """What the counter says is booked, however many runs were missed; `plan` sees it."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    home.run("apply")
    home.clock.advance(minutes=20)
    home.run("apply")
    assert home.state()["memory"]["apply"]["stored_kwh"]["boiler-socket"] == pytest.approx(0.667, abs=0.01)


def test_no_plan(home):
    """Without a plan: sun and deadlines only, and that is said."""
    found = home.json("apply")
    assert (found["reason"], found["exit"]) == ("no-plan", 0)
    assert "no plan" in found["because"]
    assert not devices(home).sockets["boiler-socket"].on


def test_other_settings(home):
    """A plan that was made with other settings is not followed."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    home.configure(PLAN.replace("capacity_kwh = 4.0", "capacity_kwh = 3.0"))
    assert home.json("apply")["reason"] == "no-plan"
    assert not devices(home).sockets["boiler-socket"].on


@pytest.mark.parametrize("dead", ["bike-socket", "p1", "plug-in-battery"])
def test_one_dead_device_never_stops_the_others(home, dead):
    """The boiler is served all the same; the run says 75."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    devices(home).faults.set("dead", dead)
    found = home.json("apply")
    assert found["exit"] == 75
    assert [error["device"] for error in found["errors"]] == [dead]
    assert devices(home).sockets["boiler-socket"].on


def test_a_slow_device_holds_nobody_up(home):
    """Devices are asked at the same time, each within its own limit."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    devices(home).faults.set("slow", "bike-socket", times=1)
    found = home.json("apply")
    assert found["exit"] == 0
    assert devices(home).sockets["boiler-socket"].on


def test_another_socket_at_the_address(home):
    """A socket that is not the one that was known is neither read nor switched."""
    make_plan(home, boiler_socket=[1, 1, 1, 1], bike_socket=[1])
    home.run("apply")
    devices(home).faults.set("other-serial", "boiler-socket")
    home.clock.advance(minutes=70)
    found = home.json("apply")
    assert found["exit"] == 69
    assert devices(home).sockets["boiler-socket"].on


def test_a_hand_on_the_button(home):
    """Switched off by hand, it stays off."""
    make_plan(home, boiler_socket=[1, 1, 1, 1])
    home.run("apply")
    home.clock.advance(minutes=2)
    devices(home).press("boiler-socket", False)
    found = home.json("apply")
    assert "by hand" in found["because"]
    assert not devices(home).sockets["boiler-socket"].on


def test_forced(home):
    """`force` goes before the plan, and ends by itself."""
    make_plan(home, boiler_socket=[0], bike_socket=[0])
    assert home.run("force", "boiler-socket", "--for", "30m").exit == 0
    home.run("apply")
    assert devices(home).sockets["boiler-socket"].on
    home.clock.advance(minutes=40)
    home.run("apply")
    home.clock.advance(minutes=1)
    home.run("apply")  # two readings say that there is no sun for it
    assert not devices(home).sockets["boiler-socket"].on


def test_dry_run(home):
    """A dry run switches nothing and remembers nothing."""
    make_plan(home, boiler_socket=[1])
    found = home.json("apply", "-n")
    assert {"dry-run"} <= {one["outcome"] for one in found["actions"]}
    assert not devices(home).sockets["boiler-socket"].on
    assert "apply" not in home.state()["memory"]


def test_requests_of_a_decision(home):
    """Three questions to each socket, two to the meter, one to a battery that is known; nothing twice."""
    make_plan(home)
    home.run("apply")
    before = {name: len(devices(home).asked(name)) for name in devices(home).devices}
    home.clock.advance(minutes=1)
    home.run("apply")
    asked = {name: len(devices(home).asked(name)) - count for name, count in before.items()}
    assert asked == {"p1": 2, "boiler-socket": 3, "bike-socket": 3, "solar-meter": 0, "plug-in-battery": 1}

"""The parts of the loop: slow devices, the lease, the live table, wishes that outlive a broken state file."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest

from solarctl.balancing.actuators import Actuator
from solarctl.balancing.feeds import Feed
from solarctl.balancing.lease import Lease
from solarctl.balancing.telling import table_of
from solarctl.clock import SystemClock
from solarctl.control.balance import LoadSettings
from solarctl.decision import Outcome, SetPower, SwitchTo
from solarctl.errors import BusyError, ConfigError, DeviceUnreachable
from solarctl.readings import GridReading, SwitchReading
from solarctl.state import StateFile
from tests.fakes import FakeClock
from tests.mqtt.steady_house import until


class SlowSwitch:
    """A cloud's switch: takes its time, now and then in vain."""

    def __init__(self):
        self.calls, self.fails, self.gate = [], 0, threading.Event()
        self.gate.set()

    def read_switch(self):
        return SwitchReading(at=SystemClock().now(), on=None)

    def switch(self, on):
        self.gate.wait(5)
        self.calls.append(on)
        if self.fails:
            self.fails -= 1
            raise DeviceUnreachable("plug", "no answer")
        return True


class SlowMeter:
    """A meter that must be asked."""

    def __init__(self):
        self.asked, self.fails = 0, False

    def read_grid(self):
        self.asked += 1
        if self.fails:
            raise DeviceUnreachable("p1", "no answer")
        return GridReading(at=SystemClock().now(), grid_w=-1000.0, phases_w=(-400.0, -400.0, -200.0))


def test_a_slow_switch_never_keeps_the_loop_waiting():
    """Its newest target is taken by a thread of its own; what failed is tried again."""
    device = SlowSwitch()
    device.gate.clear()
    load = Actuator(LoadSettings("plug", power_w=500), device, SystemClock())
    assert load.want(SwitchTo("plug", True)) == Outcome.PENDING
    assert load.want(SwitchTo("plug", False)) == Outcome.PENDING
    assert load.want(SwitchTo("plug", True)) == Outcome.PENDING
    device.gate.set()
    until(lambda: device.calls and device.calls[-1] is True, what="the newest target")
    assert len(device.calls) <= 3
    device.fails = 1
    load.want(SwitchTo("plug", False))
    until(lambda: load.error is not None, what="the failure is seen")
    load.want(SwitchTo("plug", False))
    until(lambda: load.error is None and device.calls[-1] is False, what="tried again")
    load.stop()


def test_a_load_that_is_neither():
    """Only variators and switches can be loads."""
    with pytest.raises(ConfigError, match="neither"):
        Actuator(LoadSettings("x"), object(), FakeClock())


def test_a_variator_without_steps_of_its_own():
    """Any device whose power can be set is a variator, in hundredths of its maximum."""

    class Heater:
        def set_power(self, power_w):
            return True

    assert Actuator(LoadSettings("rod", max_w=3000), Heater(), FakeClock()).steps_w()[1:3] == (30.0, 60.0)
    with pytest.raises(ConfigError, match="needs max_w"):
        Actuator(LoadSettings("rod"), Heater(), FakeClock()).steps_w()
    assert (
        Actuator(LoadSettings("rod", max_w=3000), Heater(), FakeClock()).want(SetPower("rod", 30.0)) == Outcome.PENDING
    )


def test_a_meter_that_must_be_asked():
    """It is asked in a thread; its trouble is told, and its phases are."""
    device, rung = SlowMeter(), threading.Event()
    feed = Feed("p1", device, "grid", clock=SystemClock(), poll_s=0.05, bell=rung.set)
    feed.start()
    assert rung.wait(5)
    assert feed.sample().power_w == -1000
    assert feed.phases_w == (-400.0, -400.0, -200.0)
    device.fails = True
    until(lambda: feed.error is not None, what="its trouble")
    assert feed.sample() is not None, "the old value stays, and grows old"
    feed.stop()
    asked = device.asked
    time.sleep(0.2)
    assert device.asked <= asked + 1


def test_lease(tmp_path):
    """One holds it; who comes in the last seconds waits; an unwanted offer comes back; a stolen one is lost."""
    clock = SystemClock()
    state = StateFile(tmp_path, clock)
    first, second = Lease(state, clock), Lease(StateFile(tmp_path, clock), clock)
    first.take(clock.now() + timedelta(minutes=5))
    with pytest.raises(BusyError):
        second.take(None)
    taken = threading.Event()

    def come() -> None:
        second.take(None)
        taken.set()

    first.extend(clock.now() + timedelta(seconds=1))
    threading.Thread(target=come, daemon=True).start()
    assert first.offer() is True
    assert taken.wait(5)
    assert second.taken_over
    assert first.is_lost()
    assert not second.is_lost()
    second.path.write_text(json.dumps({"token": "somebody", "state": "held"}))
    assert second.is_lost()
    second.release()
    third = Lease(StateFile(tmp_path, FakeClock()), FakeClock())
    third.take(None)
    assert third.offer() is False, "nobody came: it is ours again"
    third.release()


def test_a_lost_lease_ends_the_loop(house):
    """When another process writes itself into the lease, the loads go to 0 and the run ends with 75."""
    with house.balance() as run:
        house.settled()
        lease = house.folder / "state" / "locks" / "balance.lease"
        lease.write_text(json.dumps({"token": "somebody else", "state": "held", "ends_at": None}))
        code, _out, err = run.end()
    assert code == 75
    assert "another process took the lease" in err
    assert house.heater.percent == 0


def test_live_table(house):
    """The table shows meters, each load's power and reason, and the day's energies."""
    from rich.console import Console

    with house.balance("--json") as run:
        house.settled()
        until(lambda: (house.ear.status()["power_consumption"] or 0) > 1500, what="a settled status")
        _code, out, _err = run.stop()
    console = Console(width=120, record=True, force_terminal=False)
    with console.capture() as shown:
        console.print(table_of(house.ear.status(), json.loads(out.splitlines()[-1])))
    text = shown.get()
    for word in ("sun 1800 W", "water-heater", "surplus", "radiator", "no surplus", "kWh", "day"):
        assert word in text


def test_a_guarantee_runs_in_the_real_loop(house):
    """With its deadline near, the heater runs at full power without any sun."""
    house.steady.solar_w = 0.0
    from datetime import datetime
    from zoneinfo import ZoneInfo

    soon = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(minutes=10)
    house.write(heater=f'guarantee = {{ kwh = 7.0, two_day_kwh = 12.0, by = "{soon:%H:%M}" }}')
    with house.balance() as run:
        until(lambda: house.heater.percent == 100, what="it runs for its guarantee")
        until(lambda: house.ear.on("regul/status"), what="a status")
        until(lambda: house.ear.status()["equipments"][0]["reason"] == "guarantee", what="and says so")
        run.stop()


def test_minutes_are_not_lost(house):
    """State is written while it runs: after kill -9 the energies of the day are there."""
    with house.balance() as run:
        house.settled()
        house.ear.say("regul/mode", {"command": "force", "name": "water-heater", "power": 1000})
        until(lambda: house.ear.status()["equipments"][0]["forced"], what="forced")
        state = json.loads((house.folder / "state" / "state.json").read_text())
        assert state["forced"]["water-heater"]["power_w"] == 1000
        run.process.kill()
        run.end()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('battery_policy = "mine"', "battery_policy"),
        ('policy = "always"', "policy"),
        ("margin_w = -1", "margin_w"),
        ('grid = "radiator"', "GridMeter"),
        ("nonsense = 1", "unknown key"),
    ],
)
def test_bad_config(house, wrong, said):
    """A mistake is named, with exit 78, before anything is switched."""
    house.write(extra=wrong)
    with house.balance("--for", "2") as run:
        code, _out, err = run.end()
    assert code == 78
    assert said in err
    assert not house.emulator.vload.heard


def test_hot_cycle_needs_a_thermometer(house):
    """Without a thermometer there is no weekly cycle."""
    house.write(heater="hot_cycle = { deg = 60 }")
    with house.balance("--for", "2") as run:
        code, _out, err = run.end()
    assert code == 78
    assert "no thermometer" in err

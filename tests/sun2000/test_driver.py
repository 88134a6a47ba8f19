"""The SUN2000 driver against the emulated inverter, over real Modbus TCP."""

from __future__ import annotations

import pytest

from solarctl.capabilities import BatteryMeter, GridMeter, LoadMeter, SolarMeter
from solarctl.errors import DeviceError, DeviceReplyError, DeviceUnreachable, Exit
from tests.sun2000.conftest import NOON


def read_all(device):
    return device.read_grid(), device.read_solar(), device.read_battery(), device.read_load()


def test_four_meters_from_one_session(bench):
    """Grid, solar, battery and load come from one connection and four block reads, in our signs."""
    one = bench()
    grid, solar, battery, load = read_all(one.device())
    assert (grid.grid_w, solar.solar_w, battery.battery_w, battery.soc_pct) == (-2000, 6000, -1000, 64.5)
    assert load.load_w == 3000 == grid.grid_w + solar.solar_w + battery.battery_w
    assert one.sun.connects == 1
    assert one.blocks() == [(32064, 26), (37760, 7), (37100, 1), (37101, 37)]
    assert {request.outcome for request in one.sun.journal} == {"ok"}


def test_it_offers_what_its_row_says(bench):
    """It is four meters."""
    device = bench().device()
    assert all(isinstance(device, kind) for kind in (GridMeter, SolarMeter, BatteryMeter, LoadMeter))


def test_phases_are_signed_like_the_grid(bench):
    """Import is positive per phase too, in W and in A."""
    one = bench()
    one.sun.pin(solar_w=0, grid_w=2300, battery_w=0, soc_pct=50, phases_w=(4600.0, -1150.0, -1150.0))
    grid = one.device().read_grid()
    assert grid.phases_w == (4600, -1150, -1150)
    assert grid.phases_a == (20, -5, -5)


def test_the_wait_after_the_connect(bench):
    """Nothing is asked before the dongle listens; without the wait the request would be swallowed."""
    one = bench(settle_s=1.0)
    one.device().read_grid()
    assert one.clock.monotonic() >= 1.5
    hasty = bench(settle_s=5.0)
    hasty.device(settle_s=6).read_grid()
    assert "swallowed" not in {request.outcome for request in hasty.sun.journal}


@pytest.mark.parametrize(
    ("fault", "value", "times"),
    [("busy", True, 2), ("device-failure", True, 2), ("gateway", True, 1), ("kick", True, 1), ("short", True, 1),
     ("empty", True, 1), ("half", True, 1), ("garbage", True, 1), ("settle", 60, 1), ("slow", 0.7, 1),
     ("late", 0.7, 1)],
)  # fmt: skip
def test_passing_trouble_is_passed(bench, fault, value, times):
    """What goes away by itself is waited for, with a new connection and its settling time where the old one broke."""
    one = bench()
    one.sun.faults.set(fault, value, times=times)
    grid = one.device(timeout_s=0.5).read_grid()
    assert grid.grid_w == -2000
    assert one.clock.monotonic() < 50


@pytest.mark.parametrize(
    ("fault", "value", "kind", "words"),
    [
        ("busy", True, DeviceUnreachable, "is busy"),
        ("device-failure", True, DeviceUnreachable, "passing failure"),
        ("gateway", True, DeviceUnreachable, "gateway"),
        ("exception", 1, DeviceReplyError, "exception 1"),
        ("kick", True, DeviceUnreachable, "broke off"),
        ("refuse", True, DeviceUnreachable, "broke off"),
        ("short", True, DeviceReplyError, "0 of 1 registers"),
        ("empty", True, DeviceReplyError, "0 of"),
        ("half", True, DeviceUnreachable, "broke off|does not answer"),
        ("garbage", True, DeviceUnreachable, "does not answer"),
        ("slow", 0.9, DeviceUnreachable, "does not answer"),
        ("settle", 99, DeviceUnreachable, "does not answer"),
        ("night", True, DeviceUnreachable, "does not answer"),
        ("meter-offline", True, DeviceUnreachable, "meter is off line"),
        ("no-value", (37113,), DeviceUnreachable, "no value for the grid power"),
        ("no-value", True, DeviceUnreachable, "no value"),
        ("register", {37113: 0x0FFF}, DeviceReplyError, "grid power of"),
    ],
)
def test_lasting_trouble_is_told(bench, fault, value, kind, words):
    """Each fault has its message and its exit code, within the budget of a run; none becomes a number."""
    one = bench()
    one.sun.faults.set(fault, value)
    with pytest.raises(DeviceError, match=words) as caught:
        one.device(timeout_s=0.5).read_grid()
    assert type(caught.value) is kind
    assert caught.value.exit_code == (Exit.TRY_AGAIN if kind is DeviceUnreachable else Exit.NONSENSE)
    assert one.clock.monotonic() <= 50


def test_a_meter_that_is_off_line_is_not_asked(bench):
    """Its block would tear the connection; and the battery can be read all the same."""
    one = bench()
    one.sun.faults.set("meter-offline")
    device = one.device()
    with pytest.raises(DeviceUnreachable):
        device.read_grid()
    assert device.read_battery().soc_pct == 64.5
    assert (37101, 37) not in one.blocks()
    assert one.sun.connects == 1


def test_an_older_model_without_the_sum_of_all_batteries(bench):
    """37760 is unknown: unit 1 is asked instead, and from then on at once."""
    one = bench()
    one.sun.faults.set("no-sum-block")
    battery = one.device().read_battery()
    assert (battery.soc_pct, battery.battery_w) == (64.5, -1000)
    assert len(one.blocks()) == 5
    one.device().read_battery()
    assert one.blocks()[5:] == [(32064, 26), (37000, 5), (37100, 1), (37101, 37)]


def test_no_battery(bench):
    """Neither block is known: no charge, 0 W; and that is asked once a day only."""
    one = bench()
    one.sun.faults.set("no-battery")
    battery = one.device().read_battery()
    assert (battery.soc_pct, battery.battery_w) == (None, 0)
    one.device().read_battery()
    assert len(one.blocks()) == 5 + 3
    one.clock.sleep(25 * 3600)
    one.device().read_battery()
    assert len(one.blocks()) == 5 + 3 + 5


def test_a_model_without_device_status(bench):
    """Power is read without it."""
    one = bench()
    one.sun.faults.set("unknown-registers", (32089,))
    assert one.device().read_solar().solar_w == 6000
    assert one.blocks()[:2] == [(32064, 26), (32064, 18)]
    assert len(one.blocks()) == 5


def test_a_sentinel_in_the_sum_block_falls_back_too(bench):
    """A sum that holds no value is as good as none."""
    one = bench()
    one.sun.faults.set("no-value", (37760, 37765))
    assert one.device().read_battery().soc_pct == 64.5


def test_a_charge_that_cannot_be(bench):
    """6553.5 % is no charge, and 120 % neither."""
    one = bench()
    one.sun.faults.set("register", {37760: 1200})
    with pytest.raises(DeviceReplyError, match="120 %"):
        one.device().read_battery()


def test_several_inverters(bench):
    """The panels of all, the meter and the battery of the first."""
    one = bench(units={1: 0.6, 2: 0.4})
    grid, solar, battery, load = read_all(one.device(more_units=(2,)))
    assert (solar.solar_w, grid.grid_w, battery.battery_w, load.load_w) == (6000, -2000, -1000, 3000)
    assert {request.unit for request in one.sun.journal} == {1, 2}
    one.sun.journal.clear()
    one.device(more_units=(2,)).read_grid()
    assert len(one.sun.journal) == 5


@pytest.mark.parametrize("zeros", [False, True])
def test_a_wrong_unit_id(bench, zeros):
    """It is silent, or it answers with zeros: the meter's status tells, and the hint asks for the unit id."""
    one = bench()
    if zeros:
        one.sun.faults.set("wrong-unit-zeros")
    with pytest.raises(DeviceUnreachable) as caught:
        one.device(unit=3, timeout_s=0.5).read_grid()
    assert "unit id" in caught.value.hint


def test_at_night_it_is_silent_and_that_is_expected(bench):
    """After dusk silence is no trouble: exit 0, no number."""
    one = bench()
    one.clock.move_to(NOON.replace(hour=22, minute=30))
    one.sun.faults.set("night")
    with pytest.raises(DeviceUnreachable, match="sleeps") as caught:
        one.device(timeout_s=0.5).read_grid()
    assert caught.value.expected
    assert caught.value.exit_code == Exit.OK


@pytest.mark.parametrize(("fault", "words"), [("busy", "is busy"), ("device-failure", "passing failure")])
def test_at_night_an_answer_is_no_sleep(bench, fault, words):
    """An inverter that answers "busy" after dusk is awake: that is trouble as by day."""
    one = bench()
    one.clock.move_to(NOON.replace(hour=22, minute=30))
    one.sun.faults.set(fault)
    with pytest.raises(DeviceUnreachable, match=words) as caught:
        one.device(timeout_s=0.5).read_grid()
    assert not caught.value.expected
    assert caught.value.exit_code == Exit.TRY_AGAIN


def test_in_standby_without_values_it_waits_for_light(bench):
    """Status A000 and sentinels everywhere: expected. With values they are used."""
    one = bench()
    one.sun.faults.set("standby")
    assert one.device().read_solar().solar_w == 0
    one.sun.faults.set("no-value", (37113,))
    with pytest.raises(DeviceUnreachable, match="waits for light") as caught:
        one.device().read_grid()
    assert caught.value.expected


def test_nobody_there(bench):
    """A closed port is said in words."""
    one = bench()
    device = one.device()
    one.sun.stop()
    with pytest.raises(DeviceUnreachable, match="takes no connection") as caught:
        device.read_grid()
    assert "Modbus TCP" in caught.value.hint
    with pytest.raises(DeviceUnreachable):
        device.read_battery()


def test_one_client_at_a_time_across_processes(bench):
    """While another run holds the device's lock, it is waited for, not pushed out."""
    one = bench()
    device = one.device()
    held = one.store.lock(f"modbus-127.0.0.1-{one.sun.port}", timeout_s=1)
    with held, pytest.raises(DeviceUnreachable, match="another run"):
        device.read_grid()
    assert one.sun.connects == 0


def test_a_newcomer_that_stays_mute(bench):
    """Where an older client is kept, we are accepted and not answered: told, not hung."""
    import socket

    one = bench()
    one.sun.faults.set("mute-newcomer")
    older = socket.create_connection(("127.0.0.1", one.sun.port))
    with older, pytest.raises(DeviceUnreachable, match="does not answer"):
        one.device(timeout_s=0.5).read_grid()


def test_every_fault_of_the_emulator_is_tried_here(bench):
    """A fault that no test switches on would be one that nobody knows about."""
    from pathlib import Path

    tests = Path(__file__).parent.parent
    source = "".join(path.read_text() for area in ("sun2000", "easee_balance") for path in (tests / area).glob("*.py"))
    missing = [name for name in bench().sun.FAULTS if f'"{name}"' not in source]
    assert missing == []

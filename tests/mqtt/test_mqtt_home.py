"""The virtual home's things behave as the seed's do, faults included."""

from __future__ import annotations

import json

import pytest

from solarctl.virtualhome.dimmer import DimmedHeater, passed
from solarctl.virtualhome.emulators.mqtt_home import RELAY_IDX
from solarctl.virtualhome.mqtt_things import Domoticz, Pzem, Vload
from solarctl.virtualhome.tank import Tank
from tests.mqtt.steady_house import SteadyHouse, until


@pytest.mark.parametrize(
    ("said", "percent"),
    [("53.9", 53), ("100", 100), ("150", 100), ("-3", 0), ("on", 100), ("off", 0), ("hello", 0)],
)
def test_the_firmware_cuts_the_fraction_off(said, percent):
    """Whole percents only, and any other text is 0."""
    vload = Vload("ECS", DimmedHeater(percent=7))
    answer = json.loads(next(iter(vload.hear("regul/vload/ECS/cmd", said)))[1])
    assert vload.heater.percent == percent
    assert answer["percent"] == percent
    assert answer["power"] == 0


def test_the_dimmer_is_the_phase_angle_law():
    """Half at half, a tenth at a quarter."""
    assert passed(50) == pytest.approx(0.5)
    assert passed(25) == pytest.approx(0.0908, abs=1e-4)
    assert (passed(0), passed(100)) == (0.0, 1.0)


def test_a_tank():
    """An hour at 2.3 kW warms 200 litres by ten degrees; the thermostat opens, and closes after a bath."""
    tank = Tank(temperature_c=40.0, drawn=())
    tank.step(3600, 2326.0, 3600)
    assert tank.temperature_c == pytest.approx(49.8, abs=0.3)
    tank.step(7200, 2326.0, 10800)
    assert tank.open
    tank.draw(80)
    assert not tank.open


def test_a_tanks_people():
    """Water is drawn at its hours, once a day."""
    tank = Tank(temperature_c=60.0, drawn=((5.0, 100.0),), loss_w_per_k=0.0)
    for hour in range(24):
        tank.step(3600, 0.0, (hour + 1) * 3600)
    assert tank.temperature_c == pytest.approx(36.0)


def test_pzem():
    """Unsigned power; a read error has no power; the boot text is no JSON."""
    meter = Pzem("X", lambda: -50.0)
    assert json.loads(meter.reading(2.5)[1])["power"] == 0
    assert "power" not in json.loads(meter.read_error()[1])
    with pytest.raises(ValueError):
        json.loads(next(iter(meter.boot()))[1])


def test_domoticz_refuses_what_the_real_one_refuses():
    """nvalue must be whole, svalue text; a good one is echoed."""
    domoticz = Domoticz()
    for bad in ({"idx": 1, "nvalue": 0.5, "svalue": "1"}, {"idx": 1, "nvalue": 0, "svalue": 7}, {"nvalue": 0}):
        assert not list(domoticz.hear("domoticz/in", json.dumps(bad)))
    assert domoticz.refused == 3
    said = list(domoticz.hear("domoticz/in", json.dumps({"idx": 1, "nvalue": 0, "svalue": "7"})))
    assert json.loads(said[0][1])["svalue1"] == "7"


def test_a_relay_that_does_not_hear(house):
    """Domoticz is away: the radiator stays as it is until it is back."""
    on = {"command": "switchlight", "idx": RELAY_IDX, "switchcmd": "On"}
    house.emulator.faults.set("deaf-relay", times=1)
    house.ear.say("domoticz/in", on)
    until(lambda: not house.emulator.faults.active(), what="not heard")
    assert not house.radiator.on
    house.ear.say("domoticz/in", on)
    until(lambda: house.radiator.on, what="it hears")


def test_a_domoticz_without_echo(house):
    """It switches, and does not say so."""
    house.emulator.faults.set("no-echo")
    house.ear.say("domoticz/in", {"command": "switchlight", "idx": RELAY_IDX, "switchcmd": "On"})
    until(lambda: house.radiator.on, what="switched")
    assert house.ear.says_and_hears()
    assert not house.ear.on("domoticz/out")
    house.emulator.faults.clear()
    house.ear.say("domoticz/in", {"command": "switchlight", "idx": RELAY_IDX, "switchcmd": "Off"})
    until(lambda: house.ear.on("domoticz/out"), what="told")


def test_a_dimmer_that_misfires(house):
    """Every seventeenth command passes full power, whatever was asked for."""
    house.emulator.faults.set("misfire")
    for _ in range(17):
        house.ear.say("regul/vload/ECS/cmd", "20")
    until(lambda: house.heater.commands == 17, what="all heard")
    until(lambda: house.heater.power_w > 0.9 * house.heater.full_w, what="full power")
    house.ear.say("regul/vload/ECS/cmd", "20")
    until(lambda: 0 < house.heater.power_w < 0.2 * house.heater.full_w, what="as asked")


def test_faults_by_name(house):
    """A deaf dimmer, a silent meter: each is switched on and off by its name."""
    faults = house.emulator.faults
    faults.set("deaf-dimmer")
    house.ear.say("regul/vload/ECS/cmd", "50")
    faults.set("heater-silent")
    until(lambda: house.ear.on("smeter/pzem/PRODUCTION"), what="others speak")
    assert house.heater.percent == 0
    faults.clear()
    house.ear.say("regul/vload/ECS/cmd", "50")
    until(lambda: house.heater.percent == 50, what="it hears")
    with pytest.raises(KeyError):
        faults.set("no-such-fault")


def test_steady_house_adds_up():
    """The tests' own house: load is base and parts."""
    from solarctl.clock import SystemClock

    house = SteadyHouse(base_w=300.0)
    house.parts.append(DimmedHeater(full_w=1000.0, percent=100))
    house.advance(SystemClock().now())
    assert house.load_w == 1300.0

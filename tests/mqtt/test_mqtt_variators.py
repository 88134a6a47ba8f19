"""Variators over MQTT, and the one connection to the broker."""

from __future__ import annotations

import json

import pytest

from solarctl.clock import SystemClock
from solarctl.drivers.mqtt import Broker, MqttAccount, number, picked
from solarctl.drivers.mqtt_variator import MqttVariator
from solarctl.errors import ConfigError, DeviceLoginError, DeviceUnreachable
from solarctl.settings import Secret
from solarctl.virtualhome.mqtt_broker import Mosquitto, free_port
from tests import fakes
from tests.mqtt.mqtt_parts import meter, switch
from tests.mqtt.steady_house import until


def variator(context, **settings):
    plain = {"account": "broker", "topic": "regul/vload/ECS/cmd", "max_w": 2298.5}
    return MqttVariator("heater", MqttVariator.Settings(**(plain | settings)), context)


def test_a_variator_takes_watts(house, context):
    """Watts become whole percents by the curve; confirmed where the device answers."""
    one = variator(context, state_topic="regul/vload/ECS")
    assert one.set_power(1149.25) is True
    assert house.heater.percent == 50
    assert one.set_power(0.3) is True
    assert house.heater.percent == 0
    assert one.power_steps()[:2] == [0.0, pytest.approx(2298.5 * 0.000419, rel=0.02)]


def test_curves(house, context, tmp_path):
    """A curve file, a plain law, or a sentence that says what to do."""
    path = tmp_path / "c.csv"
    path.write_text("\n".join(f"{p};{2000 * p / 100}" for p in range(0, 101, 5)))
    assert variator(context, curve=path, max_w=0.0).percent_for(1000) == 50
    assert variator(context, law="linear").percent_for(2298.5 / 4) == 25
    with pytest.raises(ConfigError, match="missing"):
        variator(context, curve=tmp_path / "none.csv", max_w=0.0).curve()
    path.write_text("a;b\nc;d\n")
    with pytest.raises(ConfigError, match="no curve"):
        variator(context, curve=path).curve()


def test_shelly_and_tasmota_dimmers(house, context):
    """Light.Set with brightness and toggle_after; Dimmer with PulseTime."""
    variator(context, topic="shellydimmer", form="shelly", dead_man_s=30.0, law="linear").set_power(1150)
    variator(context, topic="bulb", form="tasmota", dead_man_s=30.0, law="linear").set_power(1150)
    until(lambda: house.ear.on("cmnd/bulb/Dimmer"), what="both told")
    call = json.loads(house.ear.on("shellydimmer/rpc")[-1])
    assert call["method"] == "Light.Set"
    assert call["params"] == {"id": 0, "on": True, "brightness": 50, "toggle_after": 30.0}
    assert house.ear.on("cmnd/bulb/PulseTime") == ["130"]
    assert house.ear.on("cmnd/bulb/Dimmer") == ["50"]


def test_nothing_is_sent_late(house, context):
    """A command while the broker is away is refused and never delivered afterwards."""
    one = switch(context, topic="boiler")
    one.broker.connect()
    house.emulator.broker.kill()
    until(lambda: not one.broker.connected, what="the loss is noticed")
    with pytest.raises(DeviceUnreachable, match="nothing was sent"):
        one.send_switch(True)
    house.emulator.broker.start()
    until(lambda: one.broker.connected, what="back")
    until(lambda: house.ear.says_and_hears(), what="the ear is back too")
    one.send_switch(False)
    until(lambda: house.ear.on("boiler"), what="the present command")
    assert house.ear.on("boiler") == ["OFF"]


def test_one_connection_for_all(house, context):
    """All devices of an account share one connection within a run."""
    assert meter(context, topic="a").broker is switch(context, topic="b").broker


def test_no_broker(context):
    """Nobody there: unreachable, with what to look at."""
    lonely = Broker("broker", MqttAccount.Settings(port=free_port()), fakes.context(clock=SystemClock()))
    lonely._context.budget.timeout_s = lambda _: 0.5
    with pytest.raises(DeviceUnreachable, match="no MQTT broker answers") as error:
        lonely.connect()
    assert "mosquitto" in error.value.hint
    lonely.close()


def test_a_broker_with_passwords(tmp_path):
    """A wrong password is a login error, the right one works, and it is never shown."""
    import shutil
    import subprocess

    program = shutil.which("mosquitto_passwd")
    file = tmp_path / "passwords"
    file.touch(mode=0o600)
    if program:
        subprocess.run([program, "-b", str(file), "sun", "shine"], check=True, capture_output=True)
    server = Mosquitto(password_file=file).start()
    try:
        settings = MqttAccount.Settings(port=server.port, username="sun", password=Secret("wrong"))
        wrong = Broker("broker", settings, fakes.context(clock=SystemClock()))
        with pytest.raises(DeviceLoginError, match="refuses"):
            wrong.connect()
        wrong.close()
        assert "wrong" not in repr(settings)
        if program:
            settings = MqttAccount.Settings(port=server.port, username="sun", password=Secret("shine"))
            right = Broker("broker", settings, fakes.context(clock=SystemClock()))
            right.connect()
            assert right.connected
            right.close()
    finally:
        server.stop()


def test_picking():
    """Paths into JSON, numbers as text, and what is none."""
    assert picked(b'{"a": [{"b": 3}]}', "a.0.b") == 3
    assert number("12.5") == 12.5
    for value in (True, None, "x", "inf", 1e9, [1]):
        with pytest.raises(ValueError):
            number(value)

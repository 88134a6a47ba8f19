"""The MQTT drivers on a real broker, against the virtual home's things."""

from __future__ import annotations

import json
import time

import pytest

from solarctl.clock import SystemClock
from solarctl.drivers.mqtt import Broker, MqttAccount, number, picked
from solarctl.drivers.mqtt_meter import MqttMeter
from solarctl.drivers.mqtt_switch import MqttSwitch
from solarctl.drivers.mqtt_variator import MqttVariator
from solarctl.errors import ConfigError, DeviceLoginError, DeviceRefused, DeviceUnreachable
from solarctl.settings import Secret
from solarctl.virtualhome.dimmer import SwitchedHeater
from solarctl.virtualhome.mqtt_broker import Mosquitto, free_port
from solarctl.virtualhome.mqtt_things import ShellyPlug, TasmotaPlug
from tests import fakes
from tests.mqtt.steady_house import until


@pytest.fixture
def plugs(house):
    """Two plugs beside the seed's things."""
    heaters = SwitchedHeater(1000.0), SwitchedHeater(700.0)
    house.steady.parts += heaters
    shelly = ShellyPlug("shellyplus1pm-abc", heaters[0], time.monotonic)
    tasmota = TasmotaPlug("plug", heaters[1], time.monotonic)
    for thing in (shelly, tasmota):
        house.emulator.things.append(thing)
        for topic in thing.topics:
            house.emulator._client.subscribe(topic)
    time.sleep(0.3)
    return shelly, tasmota


@pytest.fixture
def context(house):
    """A context with the broker as its account."""
    accounts = {}
    made = fakes.context(accounts, clock=SystemClock())
    accounts["broker"] = MqttAccount("broker", MqttAccount.Settings(port=house.emulator.port), made)
    yield made
    accounts["broker"].broker().close()


def meter(context, **settings):
    return MqttMeter("meter", MqttMeter.Settings(**({"account": "broker", "wait_s": 3.0} | settings)), context)


def switch(context, **settings):
    return MqttSwitch("plug", MqttSwitch.Settings(**({"account": "broker"} | settings)), context)


def variator(context, **settings):
    plain = {"account": "broker", "topic": "regul/vload/ECS/cmd", "max_w": 2298.5}
    return MqttVariator("heater", MqttVariator.Settings(**(plain | settings)), context)


def heard(one):
    """Have it listen, and wait until the broker knows."""
    one.listen()
    one.broker.connect()
    time.sleep(0.2)


# --- meters


def test_a_plain_meter(house, context):
    """One reading is waited for; watts, and the moment it came."""
    reading = meter(context, topic="smeter/pzem/PRODUCTION", measures="solar").read_solar()
    assert reading.solar_w == 1800
    assert reading.age_s(context.now()) < 3


def test_sign_scale_phases_and_counter(house, context):
    """A vendor's kW, sign and nested fields are turned into ours."""
    grid = meter(
        context,
        topic="street",
        field="values.0.kw",
        scale=-1000.0,
        measures="grid",
        phase_fields=("p.1", "p.2", "p.3"),
    )
    heard(grid)
    house.ear.say("street", {"values": [{"kw": "1.25"}], "p": {"1": 1, "2": 0.5, "3": -0.25}})
    reading = grid.read_grid()
    assert reading.grid_w == -1250
    assert reading.phases_w == (-1000, -500, 250)


@pytest.mark.parametrize(
    "payload",
    ["", "{}", "[1]", '{"power": null}', '{"power": true}', '{"power": NaN}', '{"power": 1e400}', '{"power": "x"}',
     '{"power": [1]}', "[" * 50_000, '{"power": ' + "9" * 400 + "}",
     '{ "PZEM_READ_ERROR": 3, "pzem_read ": 6}', "x" * 70_000],
)  # fmt: skip
def test_nonsense_is_no_reading(house, context, payload):
    """Whatever is published, it is ignored and counted, and the next good value is taken."""
    one = meter(context, topic="odd", measures="load")
    heard(one)
    house.ear.say("odd", payload)
    until(lambda: one.ignored == 1, what="counted")
    assert one.latest() is None
    house.ear.say("odd", {"power": 5})
    assert one.read_load().load_w == 5
    assert one.broker.failed_handlers == 0


def test_retained_is_no_reading(house, context):
    """What the broker kept may be of yesterday."""
    house.ear.say("kept", {"power": 4000}, retain=True)
    with pytest.raises(DeviceUnreachable, match="no reading on kept"):
        meter(context, topic="kept", measures="load", wait_s=0.5).read_load()


def test_a_meter_measures_what_it_measures(house, context):
    """Asked for something else it says what it measures."""
    with pytest.raises(DeviceRefused, match="measures solar"):
        meter(context, topic="x", measures="solar").read_grid()


def test_a_thermometer_and_a_plain_number(house, context):
    """A payload may be the number itself."""
    probe = meter(context, topic="tank/deg", field="", measures="temperature")
    heard(probe)
    house.ear.say("tank/deg", "54.5")
    assert probe.read_temperature().temperature_deg == 54.5


def test_shelly_meters(house, context):
    """EM of a Pro 3EM with its phases; the plug's own power from status, frames and answers."""
    grid = meter(context, topic="shellypro3em-1", form="shelly", component="em:0", measures="grid")
    heard(grid)
    body = {"id": 0, "a_act_power": -500.0, "b_act_power": 200.0, "c_act_power": 100.5, "total_act_power": -199.5}
    house.ear.say("shellypro3em-1/status/em:0", body)
    assert grid.read_grid().grid_w == -199.5
    assert grid.read_grid().phases_w == (-500.0, 200.0, 100.5)
    frame = {"src": "x", "method": "NotifyStatus", "params": {"ts": 1, "em:0": {"total_act_power": 33.0}}}
    house.ear.say("shellypro3em-1/events/rpc", frame)
    until(lambda: grid.latest().power == 33.0, what="the frame")
    house.ear.say("shellypro3em-1/events/rpc", {"method": "NotifyStatus", "params": {"sys": {}}})
    assert grid.ignored == 0


def test_a_shelly_plug(house, context, plugs):
    """Switched over RPC, confirmed by its answer, measured, refused where it says no; toggle_after goes with it."""
    shelly, _ = plugs
    one = switch(context, topic="shellyplus1pm-abc", form="shelly", dead_man_s=60.0)
    assert one.switch(True) is True
    assert shelly.heater.on
    assert shelly.off_at_s is not None
    assert one.read_switch().on is True
    until(lambda: shelly.heater.power_w == 1000, what="it draws")
    plug = meter(context, topic="shellyplus1pm-abc", form="shelly", measures="device")
    until(lambda: plug.read_device().load_w == 1000, what="it is measured")
    assert one.switch(False) is True
    assert shelly.off_at_s is None
    with pytest.raises(DeviceRefused, match="not found"):
        switch(context, topic="shellyplus1pm-abc", form="shelly", channel=1).switch(True)


def test_a_dead_mans_switch(house, context, plugs):
    """A plug that hears nothing any more switches itself off."""
    shelly, tasmota = plugs
    switch(context, topic="shellyplus1pm-abc", form="shelly", dead_man_s=1.0).switch(True)
    assert switch(context, topic="plug", form="tasmota", dead_man_s=20.0).switch(True) is True
    assert tasmota.pulse_s == 20
    until(lambda: not shelly.heater.on, what="off by itself")
    assert tasmota.heater.on


def test_a_tasmota_plug(house, context, plugs):
    """Switched, asked, and measured by asking: it would tell only every five minutes."""
    one = switch(context, topic="plug", form="tasmota")
    assert one.switch(True) is True
    assert one.read_switch().on is True
    plug = meter(context, topic="plug", form="tasmota", measures="device", ask_s=0.2)
    until(lambda: plug.read_device().load_w == 700 or plug.latest() is None, what="its power")
    assert plug.read_device().energy_kwh == 1.5
    assert one.switch(False) is True


def test_a_switch_that_never_tells(house, context):
    """Domoticz: the command is sent, the position stays unknown."""
    one = switch(context, topic="domoticz/in", payload_on='{"command":"switchlight","idx":359,"switchcmd":"On"}')
    assert one.switch(True) is False
    until(lambda: house.radiator.on, what="switched")
    assert one.read_switch().on is None


# --- variators


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


# --- the connection


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

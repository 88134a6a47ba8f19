"""Meters and plugs over MQTT."""

from __future__ import annotations

import time

import pytest

from solarctl.errors import DeviceRefused, DeviceUnreachable
from solarctl.virtualhome.dimmer import SwitchedHeater
from solarctl.virtualhome.mqtt_things import ShellyPlug, TasmotaPlug
from tests.mqtt.mqtt_parts import meter, switch
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


def heard(one):
    """Have it listen, and wait until the broker knows."""
    one.listen()
    one.broker.connect()
    time.sleep(0.2)


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

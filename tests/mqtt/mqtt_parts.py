"""What several tests of MQTT drivers share."""

from __future__ import annotations

from solarctl.drivers.mqtt_meter import MqttMeter
from solarctl.drivers.mqtt_switch import MqttSwitch


def meter(context, **settings):
    return MqttMeter("meter", MqttMeter.Settings(**({"account": "broker", "wait_s": 3.0} | settings)), context)


def switch(context, **settings):
    return MqttSwitch("plug", MqttSwitch.Settings(**({"account": "broker"} | settings)), context)

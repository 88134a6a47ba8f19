"""Whatever bytes arrive on any topic, nothing is raised into the network's thread, and no order comes of nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solarctl.balancing.inbox import Inbox
from solarctl.control.balance import LoadSettings, Settings
from solarctl.control.balance_settings import Domoticz
from solarctl.drivers.mqtt import Message
from solarctl.drivers.mqtt_meter import MqttMeter
from solarctl.drivers.mqtt_switch import MqttSwitch
from solarctl.drivers.mqtt_variator import MqttVariator
from tests import fakes

AT = datetime(2026, 7, 1, tzinfo=UTC)
WORDS = [
    *("power", "command", "name", "duration", "idx", "nvalue", "svalue1", "Level", "ENERGY", "Power", "method"),
    *("params", "em:0", "total_act_power", "result", "error", "output", "was_on", "src", "StatusSNS", "percent"),
]
TOPICS = ["t", "t/events/rpc", "solarctl-meter/rpc", "solarctl-s/rpc", "t/status/em:0"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip
PAYLOADS = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())
HOUSE = Settings(
    load="a",
    solar="b",
    loads=(LoadSettings("heater", min_w=100),),
    mode_topic="mode",
    domoticz=Domoticz(mode_idx=3, forced={"heater": 7}),
)


class Wishes:
    """Notes what would be forced."""

    def __init__(self):
        self.orders = []

    def forced(self, _now):
        return {}

    def force(self, device, power_w, duration_s):
        self.orders.append((device, power_w, duration_s))


@settings(max_examples=150, deadline=None)
@given(payload=PAYLOADS, retained=st.booleans())
def test_orders(payload, retained):
    """An order is for a known load, with a power of 0 or more and an end in the future; a retained one is none."""
    inbox, wishes = Inbox(HOUSE, lambda: None), Wishes()
    message = Message("x", payload, retained, AT)
    for understand in (inbox._force_order, inbox._mode_order, inbox._domoticz_order):
        inbox._take(message, understand)
    mode = inbox.carry_out(wishes, {"heater": 2000.0}, AT)
    assert mode in (None, 0, 10, 20)
    for device, power_w, duration_s in wishes.orders:
        assert not retained
        assert device == "heater"
        assert power_w is None or 0 <= power_w <= 1e6
        assert duration_s is None or 0 < duration_s <= 31 * 86400


@pytest.mark.parametrize("form", ["plain", "shelly", "tasmota"])
def test_devices(form):
    """Meters, switches and variators take any payload in any form; a value is a plausible number."""

    @settings(max_examples=60, deadline=None)
    @given(
        payload=PAYLOADS,
        topic=st.sampled_from(TOPICS),
    )
    def anything(payload, topic):
        context = fakes.context()
        meter = MqttMeter("m", MqttMeter.Settings("broker", "t", form=form, component="em:0"), context)
        switch = MqttSwitch("s", MqttSwitch.Settings("broker", "t", form=form, state_topic="t"), context)
        variator = MqttVariator("v", MqttVariator.Settings("broker", "t", form=form, max_w=100.0), context)
        switch._ask = lambda: None  # would publish
        message = Message(topic, payload, False, AT)
        meter._take(message)
        switch._take(message)
        variator._confirmed(message)
        assert meter._value is None or abs(meter._value.power) <= 1e6

    anything()

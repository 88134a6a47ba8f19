"""A meter that publishes: PZEM (plain JSON), Shelly Gen2+ and Tasmota in ready forms.

    plain     topic, field            {"power": 250.3}                    smeter/pzem/<id>
    shelly    topic = its prefix      <prefix>/status/<component> and <prefix>/events/rpc (NotifyStatus)
    tasmota   topic = its topic       tele/<topic>/SENSOR and stat/<topic>/STATUS8|10, polled with cmnd/<topic>/Status

- A read error of the PZEM firmware ({"PZEM_READ_ERROR": …}) has no `power`: ignored, the value grows old.
- Retained messages and Shelly's and Tasmota's offline notes are never taken for a reading.
- Tasmota tells its power every 300 s by itself: it is asked every `ask_s` instead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from solarctl.context import Context
from solarctl.drivers.mqtt import Broker, Message, number, picked
from solarctl.errors import DeviceRefused, DeviceUnreachable
from solarctl.readings import BatteryReading, GridReading, LoadReading, SolarReading, TemperatureReading
from solarctl.settings import account, setting
from solarctl.value import value

SHELLY_POWER = {"em": "total_act_power", "em1": "act_power"}  # others: apower
SHELLY_PHASES = ("a_act_power", "b_act_power", "c_act_power")


@value
class Value:
    """The newest value, in W (of a thermometer: in degrees), signed as the house counts; `count`: the how many-th."""

    power: float
    at: datetime
    count: int
    phases: tuple[float, ...] | None = None
    energy_kwh: float | None = None
    soc_pct: float | None = None


class MqttMeter:
    """Listens from the first use on; `latest` never waits, the `read_…` methods wait for a live message."""

    @value
    class Settings:
        account: str = account("mqtt", help="the broker")
        topic: str = setting(help="what it publishes to; for shelly and tasmota its prefix or topic")
        field: str = setting(
            "power", help="where the value is: power, ENERGY.Power, values.0; empty: the payload itself"
        )
        measures: Literal["grid", "load", "solar", "battery", "device", "temperature"] = setting(
            "device", help="what it measures; grid and battery are signed"
        )
        form: Literal["plain", "shelly", "tasmota"] = setting("plain", help="how it speaks")
        component: str = setting("switch:0", help="shelly: em:0, em1:0, pm1:0, switch:0")
        scale: float = setting(1.0, help="turns the meter's unit into W (0.001, 1000), and its sign (-1)")
        phase_fields: tuple[str, ...] = setting((), help="power per phase, same payload")
        energy_field: str = setting("", help="its counter, same payload")
        energy_scale: float = setting(1.0, help="turns its counter into kWh")
        soc_field: str = setting("", help="battery: its charge in %, same payload")
        wait_s: float = setting(6.0, gt=0, help="how long a single reading is waited for")
        ask_s: float = setting(2.0, gt=0, help="tasmota: how often it is asked")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._value: Value | None = None
        self._arrived = threading.Condition()
        self._listening = False
        self._asked_at = -1e9
        self._bells: list[Callable[[], None]] = []
        self.ignored = 0  # payloads that were none, and retained ones

    # --- listening

    @property
    def broker(self) -> Broker:
        broker: Broker = self._context.account(self._settings.account).broker()
        return broker

    def listen(self, bell: Callable[[], None] | None = None) -> None:
        """Subscribe (once); `bell` is rung on each new value."""
        if bell is not None:
            self._bells.append(bell)
        if self._listening:
            return
        self._listening = True
        for topic in self._topics():
            self.broker.subscribe(topic, self._take)

    def latest(self) -> Value | None:
        """Return the newest value, however old; asks devices that must be asked."""
        self._ask()
        return self._value

    def _topics(self) -> list[str]:
        topic = self._settings.topic
        if self._settings.form == "shelly":
            return [f"{topic}/status/{self._settings.component}", f"{topic}/events/rpc", "solarctl-meter/rpc"]
        if self._settings.form == "tasmota":
            return [f"tele/{topic}/SENSOR", f"stat/{topic}/STATUS8", f"stat/{topic}/STATUS10"]
        return [topic]

    def _ask(self) -> None:
        broker = self.broker
        now = self._context.clock.monotonic()
        if self._settings.form == "plain" or now - self._asked_at < self._settings.ask_s or not broker.connected:
            return
        self._asked_at = now
        topic, component = self._settings.topic, self._settings.component
        try:
            if self._settings.form == "tasmota":
                broker.publish(f"cmnd/{topic}/Status", "10", wait=False)
            else:
                kind, _, number_ = component.partition(":")
                method = {"em": "EM", "em1": "EM1", "pm1": "PM1"}.get(kind, kind.capitalize())
                request = {"id": 1, "src": "solarctl-meter", "method": f"{method}.GetStatus"}
                params = {"params": {"id": int(number_ or 0)}}
                broker.publish(f"{topic}/rpc", json.dumps(request | params), wait=False)
        except DeviceUnreachable:
            return  # it is asked again when the broker is back

    def _take(self, message: Message) -> None:
        if message.retained:
            self.ignored += 1
            return
        try:
            found = self._understood(message)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.ignored += 1
            return
        if found is None:
            return
        with self._arrived:
            self._value = found
            self._arrived.notify_all()
        for bell in self._bells:
            bell()

    # --- understanding

    def _understood(self, message: Message) -> Value | None:
        """Return the value of a message; None when it is about something else; `ValueError` when it is nonsense."""
        if self._settings.form == "plain":
            return self._value_of(picked(message.payload, "") if self._is_json() else message.text(), message.at)
        body = picked(message.payload, "")
        if self._settings.form == "tasmota":
            return self._tasmota(body, message.at)
        return self._shelly(body, message)

    def _is_json(self) -> bool:
        one = self._settings
        return bool(one.field or one.phase_fields or one.energy_field)

    def _value_of(self, body: Any, at: datetime) -> Value:
        one = self._settings
        power = number(_at(body, one.field)) * one.scale
        phases = tuple(number(_at(body, field)) * one.scale for field in one.phase_fields) or None
        energy = number(_at(body, one.energy_field), largest=1e9) * one.energy_scale if one.energy_field else None
        soc = number(_at(body, one.soc_field), largest=100) if one.soc_field else None
        return self._new(power, at, phases, energy, soc)

    def _tasmota(self, body: Any, at: datetime) -> Value:
        body = body.get("StatusSNS", body)
        field = self._settings.field if "." in self._settings.field else "ENERGY.Power"
        power = _at(body, field)
        channels = [number(one) for one in power] if isinstance(power, list) else [number(power)]
        energy = body.get("ENERGY", {}).get("Total")
        total = number(energy, largest=1e9) if isinstance(energy, int | float) else None
        scale = self._settings.scale
        return self._new(sum(channels) * scale, at, tuple(c * scale for c in channels) or None, total)

    def _shelly(self, body: Any, message: Message) -> Value | None:
        component = self._settings.component
        if message.topic.endswith("/events/rpc"):
            if body.get("method") not in ("NotifyStatus", "NotifyFullStatus"):
                return None
            body = body["params"].get(component, {})
        elif message.topic.startswith("solarctl-meter/"):
            if body.get("src") != self._settings.topic.rsplit("/", 1)[-1]:
                return None  # an answer to another meter's question
            body = body["result"]
        field = SHELLY_POWER.get(component.partition(":")[0], "apower")
        if field not in body:
            return None  # a partial frame: something else has changed
        scale = self._settings.scale
        phases = tuple(number(body[one]) * scale for one in SHELLY_PHASES if one in body) or None
        counter = body.get("aenergy", {}).get("total")
        energy = number(counter, largest=1e9) / 1000 if counter is not None else None
        return self._new(number(body[field]) * scale, message.at, phases, energy)

    def _new(
        self,
        power: float,
        at: datetime,
        phases: tuple[float, ...] | None,
        energy: float | None,
        soc: float | None = None,
    ) -> Value:
        return Value(power, at, (self._value.count if self._value else 0) + 1, phases, energy, soc)

    # --- capabilities

    def measured(self) -> tuple[str, ...]:
        """Return what there is to ask this meter."""
        return (self._settings.measures,)

    def read_grid(self) -> GridReading:
        value = self._fresh("grid")
        return GridReading(at=value.at, grid_w=value.power, phases_w=value.phases)

    def read_solar(self) -> SolarReading:
        value = self._fresh("solar")
        return SolarReading(at=value.at, solar_w=value.power, energy_kwh=value.energy_kwh)

    def read_load(self) -> LoadReading:
        value = self._fresh("load")
        return LoadReading(at=value.at, load_w=value.power, energy_kwh=value.energy_kwh)

    def read_device(self) -> LoadReading:
        value = self._fresh("device")
        return LoadReading(at=value.at, load_w=value.power, energy_kwh=value.energy_kwh)

    def read_battery(self) -> BatteryReading:
        value = self._fresh("battery")
        return BatteryReading(at=value.at, soc_pct=value.soc_pct, battery_w=value.power)

    def read_temperature(self) -> TemperatureReading:
        value = self._fresh("temperature")
        return TemperatureReading(at=value.at, temperature_deg=value.power)

    def _fresh(self, what: str) -> Value:
        """Return a live value, waiting for the next message if none has come in this run."""
        if self._settings.measures != what:
            measured = self._settings.measures
            raise DeviceRefused(self.name, f"it measures {measured}, not {what}", hint=f'Say measures = "{what}".')
        self.listen()
        self.broker.connect()
        self._ask()
        with self._arrived:
            self._arrived.wait_for(
                lambda: self._value is not None, self._context.budget.timeout_s(self._settings.wait_s)
            )
            if self._value is None:
                raise DeviceUnreachable(
                    self.name,
                    f"no reading on {self._topics()[0]} within {self._settings.wait_s:.0f} s",
                    hint="Look at the topic: mosquitto_sub -v -t '#'.",
                )
            return self._value


def _at(body: Any, field: str) -> Any:
    for part in field.split(".") if field else ():
        if isinstance(body, dict) and part in body:
            body = body[part]
        elif isinstance(body, list) and part.isdigit() and int(part) < len(body):
            body = body[int(part)]
        else:
            raise ValueError(f"no {field}")
    return body

"""A switch over MQTT: any topic and payloads, Shelly Gen2+ and Tasmota in ready forms.

    plain     topic gets payload_on or payload_off; state_topic, if there is one, confirms
    shelly    <prefix>/rpc  Switch.Set {id, on, toggle_after}; its answer confirms      topic = its prefix
    tasmota   cmnd/<topic>/POWER<channel>; stat/<topic>/POWER<channel> confirms         topic = its topic

- Never retained unless asked: a retained ON switches the load on whenever the device restarts.
- A dead man's switch is the device's: Shelly `toggle_after`, Tasmota `PulseTime` (12 s and more).
"""

from __future__ import annotations

import json
import threading
from typing import Any, Literal

from solarctl.context import Context
from solarctl.drivers.mqtt import Broker, Message, number, picked
from solarctl.errors import DeviceRefused
from solarctl.readings import SwitchReading
from solarctl.settings import account, setting
from solarctl.value import value

PULSE_OFFSET = 100


class MqttSwitch:
    """On or off; `send_switch` does not wait for anything."""

    @value
    class Settings:
        account: str = account("mqtt", help="the broker")
        topic: str = setting(help="where the command goes; for shelly and tasmota its prefix or topic")
        form: Literal["plain", "shelly", "tasmota"] = setting("plain", help="how it is told")
        payload_on: str = setting("ON", help="plain: switches it on")
        payload_off: str = setting("OFF", help="plain: switches it off")
        state_topic: str = setting("", help="plain: where it tells its position")
        state_field: str = setting("", help="plain: where in a JSON payload; empty: the payload itself")
        state_on: str = setting("ON", help="plain: what it says when on")
        state_off: str = setting("OFF", help="plain: what it says when off")
        channel: int = setting(0, ge=0, help="shelly: its switch id; tasmota: the number behind POWER, 0: none")
        retain: bool = setting(False, help="ask the broker to keep the last command; only with a dead man's switch")
        dead_man_s: float = setting(0.0, ge=0, help="shelly, tasmota: off by itself after so long without a command")
        confirm_s: float = setting(3.0, ge=0, help="how long a confirmation is waited for")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._listening = False
        self._requests = 0
        self._on: bool | None = None
        self._power_w: float | None = None
        self._energy_kwh: float | None = None
        self._refusal = ""
        self._heard = threading.Condition()
        self._pulse_sent = False
        self.ignored = 0

    @property
    def broker(self) -> Broker:
        broker: Broker = self._context.account(self._settings.account).broker()
        return broker

    @property
    def dead_man_s(self) -> float:
        """After how long without a command it switches off by itself; 0: never."""
        return self._settings.dead_man_s if self._settings.form != "plain" else 0.0

    def listen(self) -> None:
        """Listen for its position, where it tells."""
        if self._listening:
            return
        self._listening = True
        for topic in self._state_topics():
            self.broker.subscribe(topic, self._take)

    def read_switch(self) -> SwitchReading:
        """Return its position; unknown where it never tells."""
        self.listen()
        self.broker.connect()
        if self._state_topics():
            with self._heard:
                self._on = None
            self._ask()
            self._await(lambda: self._on is not None)
        at = self._context.now()
        return SwitchReading(at=at, on=self._on, power_w=self._power_w, energy_kwh=self._energy_kwh)

    def send_switch(self, on: bool) -> bool:
        """Send the command now, without waiting; `DeviceUnreachable` while the broker is away."""
        self._send(on, wait=False)
        return False

    def switch(self, on: bool) -> bool:
        """Switch, and return whether the device has confirmed it."""
        self.listen()
        self.broker.connect()
        with self._heard:
            self._on, self._refusal = None, ""
        self._send(on, wait=True)
        if not self._state_topics():
            return False
        self._await(lambda: self._on is on or bool(self._refusal))
        if self._refusal:
            raise DeviceRefused(self.name, f"it refused: {self._refusal}")
        return self._on is on

    # --- sending

    def _send(self, on: bool, *, wait: bool) -> None:
        one, topic = self._settings, self._settings.topic
        if one.form == "plain":
            self.broker.publish(topic, one.payload_on if on else one.payload_off, retain=one.retain, wait=wait)
        elif one.form == "shelly":
            params: dict[str, Any] = {"id": one.channel, "on": on}
            if on and one.dead_man_s:
                params["toggle_after"] = one.dead_man_s
            self._call("Switch.Set", params, wait=wait)
        else:
            if one.dead_man_s and not self._pulse_sent:
                pulse = round(max(12, one.dead_man_s)) + PULSE_OFFSET
                self.broker.publish(f"cmnd/{topic}/PulseTime{self._suffix}", str(pulse), wait=wait)
                self._pulse_sent = True
            self.broker.publish(
                f"cmnd/{topic}/POWER{self._suffix}", "ON" if on else "OFF", retain=one.retain, wait=wait
            )

    def _ask(self) -> None:
        if self._settings.form == "shelly":
            self._call("Switch.GetStatus", {"id": self._settings.channel}, wait=False)
        elif self._settings.form == "tasmota":
            self.broker.publish(f"cmnd/{self._settings.topic}/POWER{self._suffix}", "", wait=False)

    def _call(self, method: str, params: dict[str, Any], *, wait: bool) -> None:
        self._requests += 1
        request = {"id": self._requests, "src": self._reply_prefix, "method": method, "params": params}
        self.broker.publish(f"{self._settings.topic}/rpc", json.dumps(request), retain=self._settings.retain, wait=wait)

    @property
    def _suffix(self) -> str:
        return str(self._settings.channel) if self._settings.channel else ""

    @property
    def _reply_prefix(self) -> str:
        return f"solarctl-{self.name}"

    # --- hearing

    def _state_topics(self) -> list[str]:
        one = self._settings
        if one.form == "shelly":
            return [f"{self._reply_prefix}/rpc", f"{one.topic}/status/switch:{one.channel}"]
        if one.form == "tasmota":
            return [f"stat/{one.topic}/POWER{self._suffix}"]
        return [one.state_topic] if one.state_topic else []

    def _take(self, message: Message) -> None:
        try:
            self._understand(message)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.ignored += 1
            return
        with self._heard:
            self._heard.notify_all()

    def _understand(self, message: Message) -> None:
        one = self._settings
        if one.form == "shelly":
            body = picked(message.payload, "")
            if "error" in body:
                self._refusal = str(body["error"].get("message", body["error"]))[:200]
                return
            result = body.get("result", body)
            if "output" in result:
                self._on = bool(result["output"])
                self._power_w = number(result["apower"]) if "apower" in result else None
                counter = result.get("aenergy", {}).get("total")
                self._energy_kwh = number(counter, largest=1e9) / 1000 if counter is not None else None
            elif "was_on" in result:
                self._ask()
            return
        said = message.text()
        if one.state_field and one.form == "plain":
            said = str(picked(message.payload, one.state_field))
        on, off = ("ON", "OFF") if one.form == "tasmota" else (one.state_on, one.state_off)
        if said.lower() not in (on.lower(), off.lower()):
            raise ValueError(said)
        self._on = said.lower() == on.lower()

    def _await(self, arrived: Any) -> None:
        with self._heard:
            self._heard.wait_for(arrived, self._context.budget.timeout_s(self._settings.confirm_s))

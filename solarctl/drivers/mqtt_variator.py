"""A variator: 0–100 % by topic; a curve turns watts into percent.

    plain     topic gets the percent as text (`payload` = "{percent}")       regul/vload/<id>/cmd
    shelly    <prefix>/rpc  Light.Set {id, on, brightness, toggle_after}     topic = its prefix
    tasmota   cmnd/<topic>/Dimmer, and PulseTime as its dead-man             topic = its topic

- The seed's dimmer takes whole percents only (the firmware cuts the rest off): only those are sent.
- Commands are not retained: a dimmer that restarts at night would otherwise heat with the noon's percent.
- A dead man's switch is the device's: Shelly `toggle_after`, Tasmota `PulseTime`; the seed's firmware has none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from solarctl.context import Context
from solarctl.curve import Curve, linear_curve, phase_curve, read_curve
from solarctl.drivers.mqtt import Broker, Message, number, picked
from solarctl.errors import ConfigError
from solarctl.settings import account, setting
from solarctl.value import value

PULSE_OFFSET = 100  # Tasmota: from 12 s on PulseTime is seconds + 100


class MqttVariator:
    """Sets a power; `send_power` does not wait for anything."""

    @value
    class Settings:
        account: str = account("mqtt", help="the broker")
        topic: str = setting(help="where the percent goes; for shelly and tasmota its prefix or topic")
        form: Literal["plain", "shelly", "tasmota"] = setting("plain", help="how it is told")
        payload: str = setting("{percent}", help="plain: the message; {percent} is replaced")
        curve: Path | None = setting(None, help="percent;watts, written by `calibrate`")
        max_w: float = setting(0.0, ge=0, help="full power, for a plain law without a curve")
        law: Literal["phase", "linear"] = setting("phase", help="phase angle, or proportional (burst fire, PWM)")
        min_percent: float = setting(4.0, ge=0, le=100, help="less than this is off")
        step_percent: float = setting(1.0, gt=0, le=100, help="the steps it really has")
        channel: int = setting(0, ge=0, help="shelly: its light id")
        retain: bool = setting(False, help="ask the broker to keep the last command; only with a dead man's switch")
        dead_man_s: float = setting(0.0, ge=0, help="shelly, tasmota: off by itself after so long without a command")
        state_topic: str = setting("", help="plain: where it confirms, JSON")
        state_field: str = setting("percent", help="plain: the percent in it")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._curve: Curve | None = None
        self._told_percent: float | None = None
        self._confirmation: dict[str, float] = {}
        self._listening = False
        self._requests = 0
        self.ignored = 0

    @property
    def broker(self) -> Broker:
        broker: Broker = self._context.account(self._settings.account).broker()
        return broker

    @property
    def dead_man_s(self) -> float:
        """After how long without a command it switches off by itself; 0: never."""
        return self._settings.dead_man_s if self._settings.form != "plain" else 0.0

    @property
    def curve_path(self) -> Path | None:
        """Where its curve is, or is to be written."""
        return self._settings.curve

    # --- watts and percent

    def curve(self) -> Curve:
        """Return the curve, read once; `ConfigError` when there is none."""
        if self._curve is None:
            self._curve = self._read_curve()
        return self._curve

    def _read_curve(self) -> Curve:
        one = self._settings
        if one.curve is not None and one.curve.exists():
            try:
                return read_curve(one.curve)
            except (OSError, ValueError) as error:
                raise ConfigError(
                    f"devices.{self.name}.curve: {one.curve.name} is no curve ({error})",
                    hint=f"Write it anew: solarctl calibrate {self.name}",
                ) from error
        if one.max_w:
            return phase_curve(one.max_w) if one.law == "phase" else linear_curve(one.max_w)
        wanted = f"the file {one.curve.name} is missing" if one.curve else "neither curve nor max_w is given"
        raise ConfigError(
            f"devices.{self.name}: {wanted}",
            hint=f"Measure it: solarctl calibrate {self.name}; or give max_w for the ideal law.",
        )

    def power_steps(self) -> Sequence[float]:
        """Return the powers it can really be set to, in W, rising from 0."""
        steps = self.curve().steps(self._settings.step_percent)
        return [0.0, *(watts for percent, watts in steps if percent >= self._settings.min_percent and percent > 0)]

    def percent_for(self, power_w: float) -> float:
        """Return the step for `power_w`: the nearest one below (or the very one), 0 under the least percent."""
        percent = self.curve().percent(power_w, step_percent=self._settings.step_percent)
        return percent if percent >= self._settings.min_percent else 0.0

    # --- commands

    def send_power(self, power_w: float) -> bool:
        """Send the power's percent now, without waiting; `DeviceUnreachable` while the broker is away."""
        self.send_percent(self.percent_for(power_w), wait=False)
        return False

    def set_power(self, power_w: float) -> bool:
        """Set a power and return whether the device has confirmed it."""
        self.broker.connect()
        percent = self.percent_for(power_w)
        self.listen()
        self._confirmation = {}
        self.send_percent(percent, wait=True)
        if not self._settings.state_topic:
            return False
        for _ in range(30):
            if int(self._confirmation.get("percent", -1.0)) == int(percent):
                return True
            self._context.clock.sleep(0.1)
        return False

    def send_percent(self, percent: float, *, wait: bool) -> None:
        """Send a percent as it is; `calibrate` uses it."""
        one, topic = self._settings, self._settings.topic
        whole = f"{percent:g}"
        if one.form == "plain":
            self.broker.publish(topic, one.payload.replace("{percent}", whole), retain=one.retain, wait=wait)
        elif one.form == "shelly":
            self._requests += 1
            params: dict[str, object] = {"id": one.channel, "on": percent > 0}
            if percent > 0:
                params["brightness"] = round(percent)
                if one.dead_man_s:
                    params["toggle_after"] = one.dead_man_s
            request = {"id": self._requests, "src": "solarctl", "method": "Light.Set", "params": params}
            self.broker.publish(f"{topic}/rpc", json.dumps(request), retain=one.retain, wait=wait)
        else:
            if one.dead_man_s and not self._told_percent and percent > 0:
                pulse = round(max(12, one.dead_man_s)) + PULSE_OFFSET
                self.broker.publish(f"cmnd/{topic}/PulseTime", str(pulse), wait=wait)
            self.broker.publish(f"cmnd/{topic}/Dimmer", str(round(percent)), retain=one.retain, wait=wait)
            if one.dead_man_s and percent > 0:
                self.broker.publish(f"cmnd/{topic}/POWER", "ON", wait=wait)  # each one starts PulseTime anew
        self._told_percent = percent

    # --- what it says

    def listen(self) -> None:
        """Listen for confirmations, where it gives any."""
        if self._settings.state_topic and not self._listening:
            self._listening = True
            self.broker.subscribe(self._settings.state_topic, self._confirmed)

    def _confirmed(self, message: Message) -> None:
        try:
            self._confirmation = {"percent": number(picked(message.payload, self._settings.state_field), largest=100)}
        except (ValueError, TypeError, AttributeError):
            self.ignored += 1

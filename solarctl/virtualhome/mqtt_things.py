"""Things that hang on the broker: PZEM meters, the variator's firmware, Domoticz, a Shelly, a Tasmota plug.

Each has the topics it listens to, `hear(topic, payload)`, and gives what it says as (topic, payload, retained).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from solarctl.virtualhome.dimmer import DimmedHeater, SwitchedHeater

Said = tuple[str, str, bool]


class Thing(Protocol):
    """Something on the broker: it hears its topics, and answers with (topic, payload, retained)."""

    @property
    def topics(self) -> tuple[str, ...]: ...

    def hear(self, topic: str, payload: str) -> Iterable[Said]: ...

    def boot(self) -> Iterable[Said]: ...


@dataclass
class Pzem:
    """One PZEM of a meter module; unsigned power, a counter that never resets by itself."""

    ident: str
    power: Callable[[], float]
    base: str = "smeter/pzem"
    energy_kwh: float = 0.0
    errors: int = 0
    last: str = ""

    @property
    def topic(self) -> str:
        return f"{self.base}/{self.ident}"

    @property
    def topics(self) -> tuple[str, ...]:
        return (f"{self.topic}/cmd",)

    def hear(self, topic: str, payload: str) -> Iterable[Said]:
        if payload.strip() == "reset":
            self.energy_kwh = 0.0
        return self.boot() if payload.strip() == "bs" else ()

    def boot(self) -> Iterable[Said]:
        # the firmware forgets the quotes: this is no JSON
        text = f"{{type: smeter, id: {self.ident}, fw_version: 1.3a, pzem_version: 3, srate: 1700}}"
        return ((self.base, text, False),)

    def reading(self, period_s: float) -> Said:
        """Return the message of one measurement."""
        watts = max(0.0, self.power())
        self.energy_kwh += watts * period_s / 3.6e6
        volts = 231.1
        body = {
            "voltage": volts,
            "current": round(watts / volts, 2),
            "power": round(watts, 1),
            "energy": round(self.energy_kwh, 3),
            "frequency": 50.0,
            "powerfactor": 0.95,
            "ppm_err": 0.0,
        }
        self.last = json.dumps(body)
        return self.said()

    def said(self) -> Said:
        """Return the last measurement once more."""
        return (self.topic, self.last, False)

    def read_error(self) -> Said:
        """Return what the firmware says when the PZEM does not answer (blank in the key and all)."""
        self.errors += 1
        return (self.topic, f'{{ "PZEM_READ_ERROR": {self.errors}, "pzem_read ": 6, "ppm_err": 3.2}}', False)


@dataclass
class Vload:
    """The variator's firmware: text to a number, anything else is 0; power is always said to be 0."""

    ident: str
    heater: DimmedHeater
    base: str = "regul/vload"
    heard: list[str] = field(default_factory=list)

    @property
    def topics(self) -> tuple[str, ...]:
        return (f"{self.base}/{self.ident}/cmd",)

    def hear(self, topic: str, payload: str) -> Iterable[Said]:
        self.heard.append(payload)
        word = payload.strip()
        if word in ("status", "bs"):
            return self.boot() if word == "bs" else (self._answer("status"),)
        if word == "on":
            self.heater.command(100)
        elif word == "off":
            self.heater.command(0)
        else:
            try:
                self.heater.command(float(word))
            except ValueError:
                self.heater.command(0)
        return (self._answer("setpower"),)

    def boot(self) -> Iterable[Said]:
        body = {"type": "vload", "id": self.ident, "fw_version": "1.1b", "PCB": "1.0", "chip_id": 1, "ip": "10.3.141.9"}
        return ((self.base, json.dumps(body), False),)

    def _answer(self, message: str) -> Said:
        state = "ON" if self.heater.percent else "OFF"
        body = {"percent": self.heater.percent, "power": 0, "mode": 0, "state": state, "msg": message}
        return (f"{self.base}/{self.ident}", json.dumps(body), False)


@dataclass
class Domoticz:
    """A Domoticz server: takes commands on domoticz/in, echoes every change on domoticz/out."""

    switches: dict[int, SwitchedHeater] = field(default_factory=dict)
    values: dict[int, tuple[int, str]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    echoes: bool = True
    refused: int = 0
    topics: tuple[str, ...] = ("domoticz/in",)

    def hear(self, topic: str, payload: str) -> Iterable[Said]:
        try:
            body = json.loads(payload)
            idx = body["idx"]
        except (ValueError, KeyError, TypeError):
            self.refused += 1
            return ()
        command = body.get("command", "udevice")
        if command == "switchlight":
            on = body.get("switchcmd") == "On"
            if idx in self.switches:
                self.switches[idx].command(on)
            self.values[idx] = (int(on), "")
        elif command == "udevice":
            nvalue, svalue = body.get("nvalue"), body.get("svalue")
            if type(nvalue) is not int or not isinstance(svalue, str):
                self.refused += 1
                return ()
            self.values[idx] = (nvalue, svalue)
        elif command != "getdeviceinfo":
            return ()
        return (self.said(idx),) if self.echoes or command == "getdeviceinfo" else ()

    def boot(self) -> Iterable[Said]:
        return ()

    def said(self, idx: int) -> Said:
        """Return the message about one device."""
        nvalue, svalue = self.values.get(idx, (0, ""))
        name = self.names.get(idx, f"device {idx}")
        body = {"idx": idx, "name": name, "dtype": "Light/Switch", "nvalue": nvalue, "svalue1": svalue, "RSSI": 12}
        return ("domoticz/out", json.dumps(body), False)

    def turn(self, idx: int, nvalue: int, svalue: str = "") -> Said:
        """Have somebody press a button in Domoticz."""
        self.values[idx] = (nvalue, svalue)
        return self.said(idx)


@dataclass
class ShellyPlug:
    """A Gen2 plug: JSON-RPC over MQTT, a status topic, and `toggle_after` counted by the house's time."""

    prefix: str
    heater: SwitchedHeater
    now_s: Callable[[], float]
    off_at_s: float | None = None
    total_wh: float = 0.0

    @property
    def topics(self) -> tuple[str, ...]:
        return (f"{self.prefix}/rpc",)

    def hear(self, topic: str, payload: str) -> Iterable[Said]:
        body = json.loads(payload)
        params = body.get("params", {})
        answer: dict[str, Any] = {"id": body.get("id"), "src": self.prefix, "dst": body.get("src")}
        if params.get("id", 0) != 0:
            answer["error"] = {"code": -105, "message": "Argument 'id', value 1 not found!"}
        elif body["method"] == "Switch.Set":
            was_on = self.heater.on
            self.heater.command(bool(params["on"]))
            after = params.get("toggle_after")
            self.off_at_s = self.now_s() + after if after else None
            answer["result"] = {"was_on": was_on}
        elif body["method"] == "Switch.GetStatus":
            answer["result"] = self._status()
        else:
            answer["error"] = {"code": 404, "message": f"No handler for {body['method']}"}
        status = (f"{self.prefix}/status/switch:0", json.dumps(self._status()), False)
        return ((f"{body.get('src')}/rpc", json.dumps(answer), False), status)

    def boot(self) -> Iterable[Said]:
        return ((f"{self.prefix}/online", "true", True),)

    def tick(self) -> Iterable[Said]:
        """Let its own timer run."""
        if self.off_at_s is not None and self.now_s() >= self.off_at_s:
            self.off_at_s = None
            self.heater.command(not self.heater.on)
        params = {"ts": self.now_s(), "switch:0": {"id": 0, "apower": round(self.heater.power_w, 1)}}
        frame = {"src": self.prefix, "dst": f"{self.prefix}/events", "method": "NotifyStatus", "params": params}
        return ((f"{self.prefix}/events/rpc", json.dumps(frame), False),)

    def _status(self) -> dict[str, Any]:
        energy = {"total": round(self.total_wh, 1)}
        return {"id": 0, "source": "MQTT", "output": self.heater.on, "apower": self.heater.power_w, "aenergy": energy}


@dataclass
class TasmotaPlug:
    """A Tasmota plug: cmnd/stat/tele, PulseTime, energy when asked."""

    name: str
    heater: SwitchedHeater
    now_s: Callable[[], float]
    pulse_s: float = 0.0
    off_at_s: float | None = None
    topics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.topics = (f"cmnd/{self.name}/+",)

    def hear(self, topic: str, payload: str) -> Iterable[Said]:
        command = topic.rsplit("/", 1)[-1].lower()
        stat = f"stat/{self.name}"
        if command == "pulsetime":
            value = int(payload)
            self.pulse_s = value - 100 if value > 111 else value / 10
            return ((f"{stat}/RESULT", json.dumps({"PulseTime": value}), False),)
        if command == "power":
            word = payload.strip().upper()
            if word in ("ON", "OFF", "1", "0", "TOGGLE", "2"):
                on = not self.heater.on if word in ("TOGGLE", "2") else word in ("ON", "1")
                self.heater.command(on)
                self.off_at_s = self.now_s() + self.pulse_s if on and self.pulse_s else None
            state = "ON" if self.heater.on else "OFF"
            return ((f"{stat}/RESULT", json.dumps({"POWER": state}), False), (f"{stat}/POWER", state, False))
        if command == "status":
            sensor = {"Time": "2026-07-01T12:00:00", "ENERGY": {"Total": 1.5, "Power": round(self.heater.power_w)}}
            return ((f"{stat}/STATUS{payload.strip()}", json.dumps({"StatusSNS": sensor}), False),)
        return ((f"{stat}/RESULT", json.dumps({"Command": "Unknown"}), False),)

    def boot(self) -> Iterable[Said]:
        return ((f"tele/{self.name}/LWT", "Online", True),)

    def tick(self) -> Iterable[Said]:
        """Let its own timer run."""
        if self.off_at_s is not None and self.now_s() >= self.off_at_s:
            self.off_at_s = None
            self.heater.command(False)
        return ()

"""Devices behind the Tuya cloud: what they can do, what they were told, what they report.

A command is acknowledged by the cloud at once; the device acts, and reports, a while later.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from solarctl.virtualhome.house import House


@dataclass(frozen=True, slots=True)
class DataPoint:
    """A thing that can be set (or, `writable=False`, only read): its code, type and range."""

    code: str
    kind: str  # Boolean | Integer | Enum | String
    values: dict[str, Any] = field(default_factory=dict)  # the specification's `values`
    writable: bool = True

    def spec(self, dp_id: int | None = None) -> dict[str, Any]:
        row = {"code": self.code, "type": self.kind, "values": json.dumps(self.values), "name": self.code, "desc": ""}
        return row if dp_id is None else row | {"dp_id": dp_id}

    def objection(self, value: Any) -> int | None:
        """Return the cloud's error code for a value that cannot be commanded, or None."""
        if self.kind == "Boolean":
            return None if isinstance(value, bool) else 1104
        if self.kind == "Integer":
            if isinstance(value, bool) or not isinstance(value, int):
                return 1104
            return None if self.values["min"] <= value <= self.values["max"] else 2008
        if not isinstance(value, str):
            return 1104
        return None if self.kind != "Enum" or value in self.values["range"] else 2008


SECONDS = {"unit": "s", "min": 0, "max": 86400, "scale": 0, "step": 1}


def relay_points(code: str = "switch_1") -> tuple[DataPoint, ...]:
    """Return what a metering relay of category `cz` knows."""
    return (
        DataPoint(code, "Boolean"),
        DataPoint("countdown_1", "Integer", SECONDS),
        DataPoint("relay_status", "Enum", {"range": ["power_off", "power_on", "last"]}),
        DataPoint("light_mode", "Enum", {"range": ["relay", "pos", "none"]}),
        DataPoint("child_lock", "Boolean"),
        DataPoint("cur_current", "Integer", {"unit": "mA", "min": 0, "max": 80000, "scale": 0, "step": 1}, False),
        DataPoint("cur_power", "Integer", {"unit": "W", "min": 0, "max": 200000, "scale": 1, "step": 1}, False),
        DataPoint("cur_voltage", "Integer", {"unit": "V", "min": 0, "max": 5000, "scale": 1, "step": 1}, False),
    )


LAMP_POINTS = (
    DataPoint("switch_led", "Boolean"),
    DataPoint("bright_value", "Integer", {"unit": "", "min": 10, "max": 1000, "scale": 0, "step": 1}),
    DataPoint("work_mode", "Enum", {"range": ["white", "colour", "scene"]}),
)


class TuyaDevice:
    """One device: `values` is what the cloud last heard from it.

    `on_act(code, value)` is called when the device really acts. `online` is the truth; `seen_online` the cloud's view,
    which may lag.
    """

    def __init__(
        self,
        house: House,
        device_id: str,
        name: str,
        category: str,
        points: tuple[DataPoint, ...],
        values: dict[str, Any],
        *,
        on_act: Callable[[str, Any], None] = lambda _code, _value: None,
        measure: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self.house = house
        self.device_id = device_id
        self.name = name
        self.category = category
        self.points = {point.code: point for point in points}
        self.values = dict(values)
        self.actual = dict(values)
        self.online = True
        self.seen_online = True
        self.acts = 0  # how often a Boolean really changed
        self.log: list[tuple[int, str, Any]] = []  # (ms, code, value) as reported
        self._on_act = on_act
        self._measure = measure
        self._countdown = 0

    def status(self) -> list[dict[str, Any]]:
        """Return the last values that the cloud got."""
        measured = self._measure() if self.online else {}
        self.values.update({code: value for code, value in measured.items() if code in self.points})
        return [{"code": code, "value": self.values[code]} for code in self.points if code in self.values]

    def command(self, code: str, value: Any, *, act_after_s: float, report_after_s: float) -> None:
        """Have the device act and report after these times (house's clock)."""
        now = self.house.now.timestamp()

        def arrive() -> None:
            if self.online:
                self.act(code, value)

        self._later(now + act_after_s, arrive)
        self._later(now + act_after_s + report_after_s, lambda: self.report(code))

    def act(self, code: str, value: Any) -> None:
        """Do it: the relay clicks, whether or not anybody hears of it."""
        if isinstance(value, bool) and self.actual.get(code) != value:
            self.acts += 1
        self.actual[code] = value
        if code.startswith("countdown"):
            self._start_countdown(code, int(value))
        self._on_act(code, value)

    def report(self, code: str) -> None:
        """Tell the cloud the present value of `code`."""
        if self.online:
            self.values[code] = self.actual[code]
            self.log.append((int(self.house.now.timestamp() * 1000), code, self.actual[code]))

    def connect(self, *, online: bool, seen_online: bool) -> None:
        """Set whether it has a connection, and what the cloud thinks; whoever comes back reports everything."""
        came_back = online and not self.online
        self.online, self.seen_online = online, seen_online
        if came_back:
            for code, value in self.actual.items():
                if self.values.get(code) != value:
                    self.report(code)

    def press(self, code: str, value: Any) -> None:
        """Somebody presses the button on the device itself."""
        self.act(code, value)
        self.report(code)

    def _start_countdown(self, code: str, seconds: int) -> None:
        """Flip the switch of the same number when the time is over; 0 calls it off."""
        self._countdown += 1
        mine, number = self._countdown, code.removeprefix("countdown_")
        switch = f"switch_{number}" if f"switch_{number}" in self.points else "switch"

        def end() -> None:
            if mine == self._countdown and switch in self.points:
                self.actual[code] = 0
                self.report(code)
                self.press(switch, not self.actual.get(switch, False))

        if seconds > 0:
            self._later(self.house.now.timestamp() + seconds, end)

    def _later(self, moment: float, action: Callable[[], None]) -> None:
        if moment <= self.house.now.timestamp():
            action()
        else:
            self.house.call_at_s(moment, action)

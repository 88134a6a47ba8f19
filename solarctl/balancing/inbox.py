"""What comes in by topic: force and unforce, the domestic mode, Domoticz's devices; nonsense is counted, not raised.

    force topic    {"command": "force", "name": "water-heater", "power": 2000, "duration": 3600}
                   {"command": "unforce", "name": "water-heater"}
    mode topic     Domoticz's selector: svalue1 0 (off), 10 (day/night tariff), 20 (sun and guarantee)
    domoticz/out   a load's forced-mode switch or dimmer: off ends it, on forces it, a level is a share of its power

Messages arrive in the network's thread; they wait here for the next tick.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from solarctl.balancing.wishes import Wishes
from solarctl.control.balance_settings import Settings
from solarctl.drivers.mqtt import Broker, Message, number, picked

MODES = (0, 10, 20)
LONGEST_S = 31 * 86400.0


@dataclass(frozen=True, slots=True)
class Order:
    """A load's wish as it came in; `device` None: the domestic mode."""

    device: str | None
    force: bool = False
    power_w: float | None = None
    share: float | None = None  # of its full power
    duration_s: float | None = None
    mode: int | None = None
    by_domoticz: bool = False


class Inbox:
    """Orders that came in by topic and wait for the tick."""

    def __init__(self, settings: Settings, bell: Callable[[], None]) -> None:
        self._settings = settings
        self._bell = bell
        self._names = {load.device.lower(): load.device for load in settings.loads}
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self.ignored = 0
        self.domoticz_shows: dict[str, bool] = {}  # what its forced-mode devices said last: it need not be told that

    def subscribe(self, broker: Broker) -> None:
        """Listen to all topics that the settings name."""
        one = self._settings
        if one.force_topic:
            broker.subscribe(one.force_topic, lambda message: self._take(message, self._force_order))
        if one.mode_topic:
            broker.subscribe(one.mode_topic, lambda message: self._take(message, self._mode_order))
        if one.domoticz is not None and (one.domoticz.forced or one.domoticz.mode_idx):
            broker.subscribe(one.domoticz.topic_out, lambda message: self._take(message, self._domoticz_order))
            broker.subscribe(f"{one.domoticz.topic_out}/#", lambda message: self._take(message, self._domoticz_order))

    def carry_out(self, wishes: Wishes, full_w: Mapping[str, float], now: datetime) -> int | None:
        """Carry out what waits; return a new domestic mode if one came."""
        mode = None
        while not self._orders.empty():
            order = self._orders.get()
            forced = wishes.forced(now)
            if order.device is None:
                mode = order.mode
            elif not order.force:
                if order.device in forced:
                    wishes.unforce(order.device)
            elif order.by_domoticz and order.share is None and order.device in forced:
                continue  # Domoticz echoes what we told it: it is forced already, with its own power and end
            else:
                power_w = order.power_w
                if order.share is not None:
                    power_w = order.share * full_w.get(order.device, 0.0)
                wishes.force(order.device, power_w, order.duration_s)
        return mode

    def _take(self, message: Message, understand: Callable[[Message], Order | None]) -> None:
        try:
            order = understand(message)
        except (ValueError, TypeError, KeyError, AttributeError):
            self.ignored += 1
            return
        if order is not None:
            self._orders.put(order)
            self._bell()

    def _force_order(self, message: Message) -> Order | None:
        if message.retained:
            raise ValueError("an order of unknown age")
        body = picked(message.payload, "")
        device = self._names[str(body["name"]).lower()]
        command = body["command"]
        if command == "unforce":
            return Order(device)
        if command != "force":
            raise ValueError(command)
        power, duration = body.get("power"), body.get("duration")
        power_w = None if power is None else number(power)
        duration_s = None if duration is None else number(duration, largest=LONGEST_S)
        if (power_w is not None and power_w < 0) or (duration_s is not None and duration_s <= 0):
            raise ValueError("negative")
        return Order(device, True, power_w, None, duration_s)

    def _mode_order(self, message: Message) -> Order:
        body = picked(message.payload, "")
        mode = int(number(body["svalue1"] if isinstance(body, dict) else body))
        if mode not in MODES:
            raise ValueError(mode)
        return Order(None, mode=mode)

    def _domoticz_order(self, message: Message) -> Order | None:
        domoticz = self._settings.domoticz
        assert domoticz is not None
        body = picked(message.payload, "")
        idx = int(number(body["idx"], largest=1e9))
        if domoticz.mode_idx and idx == domoticz.mode_idx:
            return self._mode_order(message)
        device = next((name for name, one in domoticz.forced.items() if one == idx), None)
        if device is None or device.lower() not in self._names:
            return None
        if message.retained:
            raise ValueError("an order of unknown age")
        device = self._names[device.lower()]
        nvalue = int(number(body["nvalue"]))
        self.domoticz_shows[device] = nvalue != 0
        if nvalue == 0:
            return Order(device)
        level = body.get("Level", body.get("svalue1")) if nvalue > 1 else None
        if level in (None, ""):
            return Order(device, True, by_domoticz=True)
        return Order(device, True, share=min(1.0, max(0.0, number(level) / 100)), by_domoticz=True)

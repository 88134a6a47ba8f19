"""What goes out: status, availability, discovery, Domoticz. Nothing here ever keeps the loads waiting."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

from solarctl.balancing.discovery import availability_topic, birth_topic, discovery_messages
from solarctl.balancing.domoticz import DomoticzOut
from solarctl.balancing.status import flows, status_of
from solarctl.control.balance import Memory, Meters, Settings
from solarctl.decision import Decision
from solarctl.drivers.mqtt import Broker, Message
from solarctl.errors import DeviceError
from solarctl.run import Run

AT_LEAST_EVERY_S = 10.0
AT_MOST_EVERY_S = 1.0


class Outbox:
    """Speaks through one broker; silent without one, and in a dry run."""

    def __init__(self, run: Run, settings: Settings, domoticz_shows: dict[str, bool]) -> None:
        self._run = run
        self._settings = settings
        self._broker: Broker | None = None
        self._domoticz = DomoticzOut(settings.domoticz, domoticz_shows) if settings.domoticz else None
        self._told_s = -1e9
        self._told: dict[str, Any] = {}
        self._born_again = False

    def attach(self, broker: Broker) -> None:
        """Use this broker; before it is connected, so that the last will goes with the connection."""
        if self._run.dry_run:
            return
        self._broker = broker
        if self._settings.status_topic:
            broker.set_will(availability_topic(self._settings), "offline")
        if self._settings.discovery_prefix:
            broker.subscribe(birth_topic(self._settings), self._home_assistant)

    def hello(self) -> None:
        """Say that we are there, after every (re)connection."""
        if self._settings.status_topic:
            self._send(availability_topic(self._settings), "online", retain=True)
        for topic, payload in discovery_messages(self._settings).items():
            self._send(topic, payload, retain=True)
        if self._domoticz is not None and self._settings.domoticz is not None:
            for payload in self._domoticz.hello():
                self._send(self._settings.domoticz.topic_in, payload)
        self._told_s = -1e9

    def tell(
        self, meters: Meters, memory: Memory, decision: Decision[Memory], forced: set[str], ignored: int, now: datetime
    ) -> dict[str, Any]:
        """Publish the status if it changed or is due, and return it."""
        status = status_of(
            meters,
            memory,
            decision.details["loads"],
            forced=forced,
            reason=str(decision.reason),
            because=decision.because,
            ignored=ignored,
            now=now,
        )
        now_s = self._run.clock.monotonic()
        if self._born_again:
            self._born_again = False
            self.hello()
        since_s = now_s - self._told_s
        if since_s >= AT_LEAST_EVERY_S or (since_s >= AT_MOST_EVERY_S and _news(status) != _news(self._told)):
            self._told_s, self._told = now_s, status
            if self._settings.status_topic:
                self._send(self._settings.status_topic, json.dumps(status))
        if self._domoticz is not None and self._settings.domoticz is not None:
            for payload in self._domoticz.messages(flows(meters)[2], forced, now_s):
                self._send(self._settings.domoticz.topic_in, payload)
        return status

    def goodbye(self, *, offline: bool) -> None:
        """Say that nobody balances any more; a successor says otherwise by itself."""
        if offline and self._settings.status_topic and self._broker is not None:
            with suppress(DeviceError):
                self._broker.publish(availability_topic(self._settings), "offline", retain=True)

    def _home_assistant(self, message: Message) -> None:
        if message.text() == "online" and not message.retained:
            self._born_again = True

    def _send(self, topic: str, payload: str, *, retain: bool = False) -> None:
        if self._broker is None:
            return
        with suppress(DeviceError):  # it is said again when the broker is back
            self._broker.publish(topic, payload, retain=retain, wait=False)


def _news(status: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in status.items() if key not in ("date", "date_str")}

"""An MQTT broker: one connection per broker and run, re-subscribed after every interruption.

What is odd about MQTT as a way to steer things, and what is done about it:
- paho keeps messages of QoS 1 while it is offline and delivers them on reconnect: an "on" of ten minutes ago would
  switch a heater on now. Nothing is sent while offline, and what was not acknowledged is dropped on disconnect.
- A retained message is as old as it likes; it is marked, and meters do not trust it.
- Payloads come from anybody: what cannot be read is ignored and counted, never raised into the network's thread.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solarctl.context import Context
from solarctl.errors import DeviceError, DeviceLoginError, DeviceUnreachable
from solarctl.settings import Secret, setting
from solarctl.value import value

if TYPE_CHECKING:
    from paho.mqtt.client import Client

CONNECT_S = 5.0
ACKNOWLEDGE_S = 3.0
LARGEST_PAYLOAD = 64 * 1024
NOBODYS_TOPIC = "solarctl/nothing"  # subscribed to for the broker's answer alone
NOT_AUTHORIZED = ("not authorized", "bad user name or password")


@value
class Message:
    """A message as it came in; `at` is when."""

    topic: str
    payload: bytes
    retained: bool
    at: datetime

    def text(self) -> str:
        return self.payload.decode("utf-8", "replace").strip()


Handler = Callable[[Message], None]


class Broker:
    """One connection. It is opened by the first use and kept up by paho's own thread."""

    def __init__(self, name: str, settings: MqttAccount.Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context
        self._client: Client | None = None
        self._handlers: dict[str, list[Handler]] = {}
        self._will: tuple[str, str] | None = None
        self._on_up: list[Callable[[], None]] = []
        self._connected = threading.Event()
        self._answered = threading.Event()
        self._refusal: DeviceError | None = None
        self._lock = threading.RLock()
        self._qos = 1
        self._subscribed: set[int] = set()  # subscriptions of NOBODYS_TOPIC that were answered
        self._answer_came = threading.Condition()
        self.failed_handlers = 0

    # --- connecting

    def set_will(self, topic: str, payload: str) -> None:
        """Have the broker publish `payload` (retained) when we vanish; only before the first connection."""
        self._will = (topic, payload)

    def on_up(self, action: Callable[[], None]) -> None:
        """Have `action` called after every (re)connection, in the network's thread."""
        self._on_up.append(action)

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    def connect(self) -> None:
        """Open the connection unless it is open; `DeviceUnreachable` or `DeviceLoginError`."""
        with self._lock:
            if self._client is None:
                self._client = self._opened()
        if self._connected.is_set():
            return
        self._answered.wait(self._context.budget.timeout_s(CONNECT_S))
        if self._refusal is not None:
            raise self._refusal
        if not self._connected.is_set():
            where = f"{self._settings.host}:{self._settings.port}"
            raise DeviceUnreachable(self.name, f"no MQTT broker answers at {where}", hint="Is mosquitto running there?")

    def _opened(self) -> Client:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        options = self._settings
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=options.client_id, protocol=mqtt.MQTTv311)
        self._qos = 1 if hasattr(client, "drop_out_messages") else 0  # before 2.2 only QoS 0 is never kept
        if options.username:
            client.username_pw_set(options.username, options.password.reveal() if options.password else None)
        if options.tls or options.ca_file:
            client.tls_set(ca_certs=str(options.ca_file) if options.ca_file else None)
        if self._will is not None:
            client.will_set(self._will[0], self._will[1], qos=1, retain=True)
        client.reconnect_delay_set(1, 30)
        client.on_socket_open = _at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._context.log(f"MQTT connect {options.host}:{options.port}")
        client.connect_async(options.host, options.port, keepalive=options.keepalive_s)
        client.loop_start()
        return client

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        text = str(reason)
        if getattr(reason, "is_failure", False):
            login = text.lower() in NOT_AUTHORIZED
            kind = DeviceLoginError if login else DeviceUnreachable
            hint = "Look at username and password of the account." if login else ""
            self._refusal = kind(self.name, f"the MQTT broker refuses us ({text})", hint=hint)
            self._answered.set()
            return
        self._refusal = None
        with self._lock:
            topics = list(self._handlers)
        for topic in topics:
            client.subscribe(topic, qos=1)
        self._connected.set()
        self._answered.set()
        for action in self._on_up:
            self._guarded(action)

    def _on_disconnect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._connected.clear()
        drop = getattr(client, "drop_out_messages", None)
        if drop is not None:
            drop()  # a command that was not acknowledged must not arrive minutes later
        self._context.log(f"MQTT disconnected ({reason})")

    def close(self) -> None:
        """Say goodbye; the last will is not sent then."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
        self._connected.clear()
        self._answered.clear()

    # --- messages

    def subscribe(self, topic: str, handler: Handler) -> None:
        """Have `handler` called for each message, in the network's thread, now and after every reconnection."""
        with self._lock:
            known = topic in self._handlers
            self._handlers.setdefault(topic, []).append(handler)
            client = self._client
        if client is not None and not known and self.connected:
            client.subscribe(topic, qos=1)

    def publish(self, topic: str, payload: str, *, retain: bool = False, wait: bool = True) -> None:
        """Send now or not at all; with `wait`, return once the broker has it. `DeviceUnreachable` otherwise."""
        client = self._client
        if client is None or not self.connected:
            raise DeviceUnreachable(self.name, "the MQTT broker is not reachable; nothing was sent")
        self._context.log(f"MQTT → {topic} {payload[:200]}")
        info = client.publish(topic, payload, qos=self._qos, retain=retain)
        if not wait:
            return
        try:
            info.wait_for_publish(self._context.budget.timeout_s(ACKNOWLEDGE_S))
        except (RuntimeError, ValueError) as error:
            raise DeviceUnreachable(self.name, "the connection to the MQTT broker broke while sending") from error
        if not info.is_published():
            raise DeviceUnreachable(self.name, "the MQTT broker does not acknowledge")

    def settle(self, patience_s: float = ACKNOWLEDGE_S) -> None:
        """Return once the broker has what we sent, and we what it had for us: it answers in order.

        For whoever drives time and would else leap over messages that are on their way.
        """
        client = self._client
        if client is None or not self.connected:
            return
        _result, number_of_it = client.subscribe(NOBODYS_TOPIC)
        with self._answer_came:
            self._answer_came.wait_for(lambda: number_of_it in self._subscribed, patience_s)
            self._subscribed.clear()

    def _on_subscribe(self, _client: Client, _data: Any, number_of_it: int, *_rest: Any) -> None:
        with self._answer_came:
            self._subscribed.add(number_of_it)
            self._answer_came.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        from paho.mqtt.client import topic_matches_sub

        at = self._context.now()
        received = Message(message.topic, bytes(message.payload), bool(message.retain), at)
        with self._lock:
            found = [h for topic, hs in self._handlers.items() if topic_matches_sub(topic, message.topic) for h in hs]
        for handler in found:
            self._guarded(lambda handler=handler: handler(received))  # type: ignore[misc]

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001  whatever a message does to us, the network's thread lives on
            self.failed_handlers += 1
            self._context.log(f"MQTT: {type(error).__name__}: {error}")


class MqttAccount:
    """A broker and how to log in to it."""

    @value
    class Settings:
        host: str = setting("127.0.0.1", help="the broker's address")
        port: int = setting(1883, ge=1, le=65535, help="its port; 8883 with tls")
        username: str = setting("", help="empty: none")
        password: Secret | None = setting(None, help="its password")
        tls: bool = setting(False, help="encrypt and verify the broker's certificate")
        ca_file: Path | None = setting(None, help="a CA of your own")
        client_id: str = setting("", help="empty: the broker makes one up")
        keepalive_s: int = setting(30, ge=5, help="a broken connection is noticed after 1.5 times this")

    def __init__(self, name: str, settings: Settings, context: Context) -> None:
        self.name = name
        self._settings = settings
        self._context = context

    def broker(self) -> Broker:
        """Return the run's one connection to this broker (not opened yet)."""
        return self._context.once(f"mqtt:{self.name}", lambda: Broker(self.name, self._settings, self._context))


def picked(payload: bytes, field: str) -> Any:
    """Return the value at `field` ("power", "ENERGY.Power", "values.0") of a JSON payload, or the payload itself.

    `ValueError` when there is none.
    """
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError("too long")
    try:
        value = json.loads(payload)
    except RecursionError:
        raise ValueError("too deep") from None
    for part in field.split(".") if field else ():
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise ValueError(f"no {field}")
    return value


def _at_once(_client: Client, _data: Any, line: Any) -> None:
    """Send small messages as they come: else each waits up to 40 ms for the one before it to be acknowledged."""
    import socket

    with suppress(OSError, AttributeError):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def number(value: Any, *, largest: float = 1e6) -> float:
    """Return a plausible number, also from text; `ValueError` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no number")
    try:
        found = float(value)
    except OverflowError:
        raise ValueError("not plausible") from None
    if not math.isfinite(found) or abs(found) > largest:
        raise ValueError("not plausible")
    return found

"""The seed's world on a broker: two PZEM meters and the heater's own, a variator, Domoticz and its relay.

smeter/pzem/CONSOMMATION, …/PRODUCTION, …/ECS   every 2.5 s of the house's time
regul/vload/ECS/cmd                              0–100 as text; the firmware cuts the fraction off
domoticz/in, domoticz/out                        relay 359, and virtual devices for powers and forced mode
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self, TypeVar

from solarctl.context import Clock
from solarctl.virtualhome.dimmer import DimmedHeater, SwitchedHeater
from solarctl.virtualhome.emulator import Emulator, Upset
from solarctl.virtualhome.mqtt_broker import SUBSCRIPTIONS, EmbeddedBroker, Mosquitto, broker
from solarctl.virtualhome.mqtt_things import Domoticz, Pzem, Said, Thing, Vload
from solarctl.virtualhome.tank import Tank

T = TypeVar("T")
PERIOD_S = 2.5
RELAY_IDX = 359
PUMP_S = 0.1
DRIVEN_PUMP_S = 0.002  # a driven clock jumps: the house follows at once
PATIENCE_S = 5.0  # for the broker's answer
OWN_TOPIC = "virtual-home/nothing"  # subscribed to for the broker's answer alone


class MqttHome(Emulator):
    """Hangs a heater with a tank and a radiator into the house, and all of it on a broker."""

    name: ClassVar[str] = "mqtt-home"
    FAULTS: ClassVar[Mapping[str, str]] = {
        "house-silent": "the house meter says nothing",
        "solar-silent": "the panels' meter says nothing",
        "heater-silent": "the heater's meter says nothing",
        "read-error": "the house meter's PZEM does not answer",
        "half-json": "the house meter's message is torn",
        "not-a-number": "the house meter says NaN",
        "negative": "the house meter says −500000",
        "text": "the house meter says a word",
        "deaf-dimmer": "the variator does not hear commands",
        "deaf-relay": "Domoticz does not hear commands",
        "no-echo": "Domoticz does not echo",
        "misfire": "the dimmer passes full power now and then",
    }
    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("house-silent", minutes=(5, 30), stops="reading"),
        Upset("solar-silent", minutes=(5, 30), stops="reading"),
        Upset("heater-silent", minutes=(20, 90)),
        Upset("half-json", minutes=(1, 5)),
        Upset("deaf-dimmer", minutes=(5, 20), stops="control"),
        Upset("no-echo", minutes=(10, 60)),
    )

    def __init__(
        self,
        home: Any,
        clock: Clock,
        *,
        period_s: float = PERIOD_S,
        heater_w: float = 2298.5,
        radiator_w: float = 596.0,
        lives_by_itself: bool = True,  # False: somebody else advances the house; time leaps, and nobody waits for it
    ) -> None:
        super().__init__(home, clock)
        self._lives_by_itself = lives_by_itself
        self.heater = _part(home, DimmedHeater) or DimmedHeater(heater_w, tank=Tank())
        self.radiator = _part(home, SwitchedHeater) or SwitchedHeater(radiator_w)
        self.tank = self.heater.tank or Tank()
        home.parts += [part for part in (self.heater, self.radiator) if part not in home.parts]
        self.period_s = period_s
        self.broker: Mosquitto | EmbeddedBroker = broker()
        self.vload = Vload("ECS", self.heater)
        self.domoticz = Domoticz({RELAY_IDX: self.radiator})
        self.meters = {
            "house": Pzem("CONSOMMATION", lambda: self.home.load_w),
            "solar": Pzem("PRODUCTION", lambda: self.home.solar_w),
            "heater": Pzem("ECS", lambda: self.heater.power_w),
        }
        self.things: list[Thing] = [*self.meters.values(), self.vload, self.domoticz]
        self.messages = 0
        self._client: Any = None
        self._over = threading.Event()
        self._ready = threading.Event()

    @property
    def port(self) -> int:
        return self.broker.port

    # --- life

    def start(self) -> Self:
        self.broker.tells_subscriptions = not self._lives_by_itself
        self.broker.start()
        self._over.clear()
        self._connect()
        self.home.settle()
        for meter in self.meters.values():
            meter.reading(0)
        self.home.call_every(self.period_s, self.measure)
        live = self._live if self._lives_by_itself else self._repeat
        if self._lives_by_itself or isinstance(self.broker, EmbeddedBroker):
            threading.Thread(target=live, name="mqtt home", daemon=True).start()
        return self

    def stop(self) -> None:
        self._over.set()
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None
        self.broker.stop()

    def _connect(self) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="virtual-home")
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_socket_open = _at_once
        client.reconnect_delay_set(1, 1)
        self._ready.clear()
        client.connect("127.0.0.1", self.port, keepalive=30)
        client.loop_start()
        self._ready.wait(5)
        self._client = client

    def _on_connect(self, client: Any, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        topics = [(topic, 1) for thing in self.things for topic in thing.topics]
        if self.broker.tells_subscriptions:
            topics.append((SUBSCRIPTIONS, 0))
        client.subscribe(topics)
        for thing in self.things:
            self._say(thing.boot(), client)

    def _live(self) -> None:
        pause_s = DRIVEN_PUMP_S if hasattr(self.clock, "move_to") else PUMP_S
        while not self._over.wait(pause_s):
            self.home.advance(self.clock.now())

    def _repeat(self) -> None:
        while not self._over.wait(PUMP_S):
            self._say([meter.said() for meter in self.meters.values() if meter.last])

    # --- hearing and saying

    def _on_message(self, client: Any, _data: Any, message: Any) -> None:
        payload = message.payload.decode("utf-8", "replace")
        if message.topic == SUBSCRIPTIONS:
            self._greet(payload)
            return
        self.messages += 1
        with self.lock:
            self.heater.misfires = bool(self.faults.take("misfire"))
            self.domoticz.echoes = not self.faults.take("no-echo")
            for thing in self.things:
                if any(_matches(topic, message.topic) for topic in thing.topics):
                    if self._is_deaf(thing):
                        continue
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        self._say(thing.hear(message.topic, payload), client)
        self.home.settle()

    def _greet(self, subscription: str) -> None:
        """Say to a new listener what a meter said last: where time leaps, nobody waits for the next message."""
        topic = subscription.split()[-1]
        for what, meter in self.meters.items():
            if meter.topic == topic and meter.last and not self.faults.peek(f"{what}-silent"):
                self._say([meter.said()])

    def settle_messages(self) -> None:
        """Return once all that was sent to us is heard, and the broker has all that we said: it answers in order.

        Only where time is driven: else messages arrive by themselves.
        """
        if self._client is None or self._lives_by_itself or not hasattr(self.clock, "move_to"):
            return
        self._ready.clear()
        self._client.subscribe(OWN_TOPIC)
        self._ready.wait(PATIENCE_S)

    def _is_deaf(self, thing: Thing) -> bool:
        if thing is self.vload:
            return bool(self.faults.take("deaf-dimmer"))
        return thing is self.domoticz and bool(self.faults.take("deaf-relay"))

    def _say(self, said: Iterable[Said], client: Any = None) -> None:
        client = client or self._client
        for topic, payload, retained in said:
            if client is not None:
                client.publish(topic, payload, qos=0, retain=retained)

    def measure(self) -> None:
        """Let all meters say what they measure."""
        for what, meter in self.meters.items():
            if self.faults.take(f"{what}-silent"):
                continue
            said = meter.reading(self.period_s)
            if what == "house":
                said = self._spoilt(said)
            self._say([said])
        for thing in self.things:
            tick = getattr(thing, "tick", None)
            if tick is not None:
                self._say(tick())

    def _spoilt(self, said: Said) -> Said:
        topic, payload, retained = said
        if self.faults.take("read-error"):
            return self.meters["house"].read_error()
        if self.faults.take("half-json"):
            return topic, payload[: len(payload) // 2], retained
        if self.faults.take("not-a-number"):
            return topic, '{"power": NaN}', retained
        if self.faults.take("negative"):
            return topic, '{"power": -500000000}', retained
        if self.faults.take("text"):
            return topic, '{"power": "much"}', retained
        return said

    def press(self, idx: int, nvalue: int, svalue: str = "") -> None:
        """Have somebody press a button in Domoticz."""
        self._say([self.domoticz.turn(idx, nvalue, svalue)])

    # --- for solarctl

    def config(self) -> str:
        return f"""
[accounts.broker]
service = "mqtt"
host = "127.0.0.1"
port = {self.port}

[devices.house-meter]
driver = "mqtt-meter"
account = "broker"
topic = "smeter/pzem/CONSOMMATION"
field = "power"
measures = "load"
[devices.pv-meter]
driver = "mqtt-meter"
account = "broker"
topic = "smeter/pzem/PRODUCTION"
field = "power"
measures = "solar"
[devices.heater-meter]
driver = "mqtt-meter"
account = "broker"
topic = "smeter/pzem/ECS"
field = "power"
measures = "device"
[devices.water-heater]
driver = "mqtt-variator"
account = "broker"
topic = "regul/vload/ECS/cmd"
max_w = {self.heater.full_w}
min_percent = 4
[devices.radiator]
driver = "mqtt-switch"
account = "broker"
topic = "domoticz/in"
payload_on = '{{"command": "switchlight", "idx": {RELAY_IDX}, "switchcmd": "On"}}'
payload_off = '{{"command": "switchlight", "idx": {RELAY_IDX}, "switchcmd": "Off"}}'
"""

    def counters(self) -> dict[str, int]:
        writes = self.heater.commands + self.radiator.switches
        return {"messages": self.messages, "writes": writes}


def _at_once(_client: Any, _data: Any, line: Any) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a small message does not wait for the one before it


def _part(home: Any, kind: type[T]) -> T | None:
    return next((part for part in home.parts if isinstance(part, kind)), None)


def _matches(pattern: str, topic: str) -> bool:
    wanted, given = pattern.split("/"), topic.split("/")
    return len(wanted) == len(given) and all(w in ("+", g) for w, g in zip(wanted, given))

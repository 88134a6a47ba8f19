"""Huawei SUN2000 with its dongle: Modbus TCP as it really behaves.

What is odd about the device, and kept here: requests in the first second after a connect are swallowed; a second
client throws the first one out; a block that crosses a register the model does not know is refused as a whole; a
meter that is off line tears the connection; "no value" is a number; at night it accepts and stays mute.
Export (37113) and charging (37001, 37765) are positive. Registers and signs are public knowledge.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from solarctl.context import Clock
from solarctl.virtualhome.emulator import Emulator, Upset
from solarctl.virtualhome.house import House
from solarctl.virtualhome.sun2000_registers import METER_BLOCK, registers

POLL_S = 0.02


@dataclass(frozen=True)
class ModbusRequest:
    """One request as it came in; `outcome` is ok, swallowed, mute, torn, or exception N."""

    connection: int
    unit: int
    function: int
    address: int
    count: int
    outcome: str


class Sun2000(Emulator):
    """One or more inverters behind one dongle, with the meter and the battery on the first."""

    name: ClassVar[str] = "sun2000"
    FAULTS: ClassVar[dict[str, str]] = {
        "settle": "requests are swallowed for so many seconds after a connect (value)",
        "kick": "another client comes with the next request: the connection is closed",
        "mute-newcomer": "an older client is never thrown out; who comes second is accepted and not answered",
        "slow": "answers take the value in real seconds",
        "late": "the answer comes after the value in real seconds, when nobody waits any more",
        "busy": "exception 6",
        "device-failure": "exception 4",
        "gateway": "exception 11, as a proxy answers",
        "exception": "an exception of the value's number",
        "unknown-registers": "exception 2 for every block that touches one of the registers (value)",
        "no-sum-block": "37758 and on are unknown, as on older models",
        "no-battery": "no battery: 37000 and 37758 and on are unknown",
        "no-value": "the registers in the value hold the sentinel of \"no value\" (True: all)",
        "register": "registers hold raw words: value {address: word}",
        "meter-offline": "37100 is 0; a read of the meter's block tears the connection",
        "drop-after": "the connection is closed after so many requests (value)",
        "short": "an answer has one register less than asked for",
        "empty": "an answer has no registers",
        "garbage": "an answer is no Modbus",
        "half": "half of an answer, then the line breaks",
        "wrong-unit-zeros": "unit ids that do not exist answer with zeros instead of silence",
        "night": "the inverter sleeps: connections are accepted, nothing is answered",
        "standby": "the inverter waits for the sun: device status A000, no power",
        "refuse": "connections are closed at once",
    }  # fmt: skip

    UPSETS: ClassVar[tuple[Upset, ...]] = (
        Upset("busy", minutes=(1, 3)),
        Upset("kick", times=3),
        Upset("meter-offline", minutes=(2, 20)),
        Upset("no-value", minutes=(1, 10)),
        Upset("short", times=2),
        Upset("device-failure", times=2),
        Upset("refuse", minutes=(1, 10)),
    )

    def __init__(
        self,
        home: House,
        clock: Clock,
        *,
        units: Mapping[int, float] | None = None,
        settle_s: float = 1.0,
        volts: float = 230.0,
    ) -> None:
        super().__init__(home, clock)
        self.home: House = home
        self.units = dict(units or {1: 1.0})  # unit id -> its share of the panels; the first has meter and battery
        self.settle_s = settle_s
        self.volts = volts
        self.pinned: dict[str, Any] = {}
        self.connects = 0
        self.most_open = 0
        self.journal: list[ModbusRequest] = []
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []

    # --- for scenarios and tests

    def pin(self, **values: Any) -> None:
        """Report these from now on: `solar_w grid_w battery_w soc_pct phases_w`, house's signs; nothing: the house."""
        self.pinned = values

    def config(self) -> str:
        first = next(iter(self.units))
        others = f"more_units = {list(self.units)[1:]}\n" if len(self.units) > 1 else ""
        return (
            f'[devices.sun2000]\ndriver = "huawei-sun2000"\nhost = "127.0.0.1"\nport = {self.port}\n'
            f"unit = {first}\n{others}settle_s = {self.settle_s + 0.2:g}\n"
        )

    def counters(self) -> dict[str, int]:
        return {"connects": self.connects, "requests": len(self.journal)}

    @property
    def port(self) -> int:
        assert self._listener is not None, "not started"
        return int(self._listener.getsockname()[1])

    def start(self, port: int = 0) -> Self:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(POLL_S)
        threading.Thread(target=self._accept, args=(self._listener, self.clock.monotonic()), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._listener is not None:
            _close(self._listener)
            self._listener = None
        with self.lock:
            for connection in self._open:
                _close(connection)
            self._open.clear()

    # --- connections

    def _accept(self, listener: socket.socket, polled_s: float) -> None:
        while True:
            # Driven time may leap while the kernel connects; nobody has connected before the last but one poll.
            not_before_s, polled_s = polled_s, self.clock.monotonic()
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            connection.settimeout(None)
            with self.lock:
                self.connects += 1
                number = self.connects
                if self.faults.take("refuse"):
                    _close(connection)
                    continue
                mute = bool(self._open) and bool(self.faults.take("mute-newcomer"))
                if not mute:
                    for other in self._open:
                        _close(other)
                    self._open.clear()
                self._open.append(connection)
                self.most_open = max(self.most_open, len(self._open))
            threading.Thread(target=self._serve, args=(connection, number, not_before_s, mute), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int, connected_s: float, mute: bool) -> None:
        pending = b""
        served = 0
        try:
            while True:
                chunk = connection.recv(4096)
                if not chunk:
                    return
                pending += chunk
                while len(pending) >= 6 and len(pending) >= 6 + int.from_bytes(pending[4:6], "big"):
                    end = 6 + int.from_bytes(pending[4:6], "big")
                    frame, pending = pending[:end], pending[end:]
                    served += 1
                    if not self._answer(connection, number, frame, served, self.clock.monotonic() - connected_s, mute):
                        return
        except OSError:
            return
        finally:
            with self.lock:
                if connection in self._open:
                    self._open.remove(connection)
            _close(connection)

    def _answer(
        self, connection: socket.socket, number: int, frame: bytes, served: int, open_s: float, mute: bool
    ) -> bool:
        """Answer one frame; return whether the connection stays."""
        transaction, unit, function = frame[:2], frame[6], frame[7]
        address, count = struct.unpack(">HH", frame[8:12]) if len(frame) >= 12 else (0, 0)
        with self.lock:
            settle_s = self.faults.take("settle")
            outcome, body = self._outcome(unit, function, address, count, served)
            if open_s < (self.settle_s if settle_s is None else settle_s):
                outcome = "swallowed"
            elif mute or self.faults.take("night") or (unit not in self.units and body is None):
                outcome = "mute"
            self.journal.append(ModbusRequest(number, unit, function, address, count, outcome))
            wait_s = (self.faults.take("slow") or 0) + (self.faults.take("late") or 0)
        if outcome in ("swallowed", "mute"):
            return True
        if outcome == "torn" or body is None:
            return False
        if wait_s:
            threading.Event().wait(wait_s)
        if self.faults.take("garbage"):
            connection.sendall(b"\x15\x03\x01\x00\x02\x02\x28" + bytes(9))
            return True
        reply = transaction + b"\0\0" + struct.pack(">HB", len(body) + 1, unit) + body
        if self.faults.take("half"):
            connection.sendall(reply[: len(reply) // 2])
            return False
        connection.sendall(reply)
        return True

    def _outcome(self, unit: int, function: int, address: int, count: int, served: int) -> tuple[str, bytes | None]:
        """Return what happens to a request, and the PDU that is sent back."""

        def refused(code: int) -> tuple[str, bytes]:
            return f"exception {code}", bytes((function | 0x80, code))

        drop_after = self.faults.take("drop-after")
        if self.faults.take("kick") or (drop_after is not None and served > int(drop_after)):
            return "torn", None
        for fault, code in (("busy", 6), ("device-failure", 4), ("gateway", 11)):
            if self.faults.take(fault):
                return refused(code)
        if code := self.faults.take("exception"):
            return refused(int(code))
        if function in (6, 16):
            return refused(0x80)  # permission denied: nobody has logged in
        if function != 3:
            return refused(1)
        if not 1 <= count <= 125:
            return refused(3)
        if unit not in self.units:
            zeros = self.faults.take("wrong-unit-zeros")
            return ("ok", bytes((3, 2 * count)) + bytes(2 * count)) if zeros else ("mute", None)
        if self.faults.take("meter-offline"):
            if set(METER_BLOCK) & set(range(address, address + count)):
                return "torn", None
            self.pinned["meter"] = 0
        else:
            self.pinned.pop("meter", None)
        self.home.advance(self.clock.now())
        words = registers(self, unit)
        wanted = range(address, address + count)
        if any(register not in words for register in wanted):
            return refused(2)
        found = [words[register] for register in wanted]
        if self.faults.take("short"):
            found = found[:-1]
        if self.faults.take("empty"):
            found = []
        return "ok", bytes((3, 2 * len(found))) + struct.pack(f">{len(found)}H", *found)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()

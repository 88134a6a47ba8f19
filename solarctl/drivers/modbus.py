"""Modbus TCP: one short session with patience. The only file that knows pymodbus, which changes its API often.

    with ModbusSession(name, host, 502, context, settle_s=1.5) as session:
        words = session.read(unit=1, address=37113, count=2)
        grid_export_w = i32(words, 0)

A read is repeated on silence, a broken line, "busy", "failure", a gateway's trouble and short answers, within the
run's budget. After silence or a broken line the connection is made anew, waiting `settle_s` again: pymodbus would
reconnect by itself, without that wait, and the device would swallow the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from solarctl.context import Context
from solarctl.errors import DeviceError, DeviceReplyError, DeviceSetupError, DeviceUnreachable

ATTEMPTS = 4
SILENCES = 2  # time-outs are long; more of them would eat the run's budget
PAUSE_S = 1.0  # before a repetition; doubles
COOLDOWN_S = 0.05  # between two requests
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, FAILURE, BUSY = 1, 2, 3, 4, 6
PASSING = (FAILURE, BUSY, 0x0A, 0x0B)
MEANINGS = {
    1: "does not know this kind of request",
    2: "does not know this register",
    3: "does not take this request",
    4: "reports a passing failure",
    6: "is busy",
    0x0A: "cannot be reached behind its gateway",
    0x0B: "does not answer its gateway",
    0x80: "wants an installer's log-in for this",
}


class ModbusRefused(DeviceReplyError):
    """The device answered with an exception code that repeating does not change."""

    def __init__(self, device: str, code: int, what: str) -> None:
        super().__init__(device, f"the device {MEANINGS.get(code, 'refuses the request')} ({what}, exception {code})")
        self.code = code


class ModbusBusy(DeviceUnreachable):
    """The device itself answers, but gives nothing at the moment; so it is awake."""


class _Silence(DeviceUnreachable):
    """No answer within the time-out."""


class ModbusSession:
    """A connection that is opened with the first read and closed at the end of the `with`."""

    def __init__(
        self, name: str, host: str, port: int, context: Context, *, settle_s: float = 1.5, timeout_s: float = 10.0
    ) -> None:
        self._name = name
        self._host = host
        self._port = port
        self._context = context
        self._settle_s = settle_s
        self._timeout_s = timeout_s
        self._client: Any = None
        self._first = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def read(self, unit: int, address: int, count: int) -> tuple[int, ...]:
        """Return `count` holding registers from `address` on."""
        trouble: DeviceError | None = None
        pause_s = PAUSE_S
        silences = 0
        for attempt in range(ATTEMPTS):
            if attempt:
                if self._context.budget.remaining_s() <= pause_s + self._settle_s:
                    break
                self._context.log(f"{self._name}: again in {pause_s:g} s: {trouble}")
                self._context.clock.sleep(pause_s)
                pause_s *= 2
            self._context.check_budget(self._name)
            try:
                return self._read_once(unit, address, count)
            except ModbusRefused as error:
                if error.code not in PASSING:
                    raise
                kind = ModbusBusy if error.code in (FAILURE, BUSY) else DeviceUnreachable
                trouble = kind(self._name, error.message, hint="Does another program ask it too?")
            except _Silence as error:
                trouble = DeviceUnreachable(error.device, error.message, hint=error.hint)
                silences += 1
                if silences == SILENCES:
                    break
            except (DeviceUnreachable, DeviceReplyError) as error:
                trouble = error
        assert trouble is not None
        raise trouble

    def _read_once(self, unit: int, address: int, count: int) -> tuple[int, ...]:
        from pymodbus.exceptions import ConnectionException, ModbusException

        client = self._opened()
        if not self._first:
            self._context.clock.sleep(COOLDOWN_S)
        self._first = False
        what = f"{address} x {count}"
        self._context.log(f"{self._name}: > read {what} of unit {unit}")
        try:
            answer = client.read_holding_registers(address, count=count, device_id=unit)
        except ConnectionException as error:
            self.close()
            raise DeviceUnreachable(
                self._name,
                f"{self._host} broke off the connection",
                hint="Only one program at a time may ask it; does another one?",
            ) from error
        except ModbusException as error:  # no answer within the time-out, or one that is none
            self.close()
            raise _Silence(
                self._name,
                f"{self._host} does not answer (unit {unit})",
                hint="Is Modbus TCP on, and the unit id right?",
            ) from error
        except (OSError, ValueError, IndexError) as error:  # what pymodbus lets through for bytes that are no Modbus
            self.close()
            raise DeviceReplyError(self._name, f"{self._host} sends something that is no Modbus") from error
        if answer.isError():
            raise ModbusRefused(self._name, int(answer.exception_code), what)
        words = tuple(answer.registers)
        self._context.log(f"{self._name}: < {' '.join(f'{word:04X}' for word in words)}")
        if len(words) != count:
            raise DeviceReplyError(self._name, f"{self._host} sent {len(words)} of {count} registers ({what})")
        return words

    def _opened(self) -> Any:
        if self._client is None:
            import logging

            from pymodbus.client import ModbusTcpClient

            logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)  # what it says is in our errors
            logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL + 1)
            timeout_s = self._context.budget.timeout_s(self._timeout_s)
            client: Any = ModbusTcpClient(
                self._host, port=self._port, timeout=timeout_s, retries=0, reconnect_delay=0, name=self._name
            )
            try:
                connected = client.connect()
            except (UnicodeError, ValueError):  # letters that no host's name has
                hint = "Write the address as 192.168.1.6 or name.local."
                raise DeviceSetupError(self._name, f"{self._host!r} is no address", hint=hint) from None
            if not connected:
                client.close()
                raise DeviceUnreachable(
                    self._name,
                    f"{self._host}:{self._port} takes no connection",
                    hint="Is Modbus TCP switched on, and is this program's address allowed?",
                )
            self._client = client
            self._first = True
            self._context.clock.sleep(self._settle_s)
        return self._client


def u16(words: Sequence[int], index: int) -> int | None:
    """Return an unsigned word; None for the value that means none."""
    return None if words[index] == 0xFFFF else words[index]


def i16(words: Sequence[int], index: int) -> int | None:
    """Return a signed word; None for the values that mean none."""
    word = words[index]
    return None if word in (0x7FFF, 0x8000) else word - (word >> 15 << 16)


def u32(words: Sequence[int], index: int) -> int | None:
    """Return two words as an unsigned number, high word first; None for the value that means none."""
    value = words[index] << 16 | words[index + 1]
    return None if value == 0xFFFFFFFF else value


def i32(words: Sequence[int], index: int) -> int | None:
    """Return two words as a signed number, high word first; None for the values that mean none.

    >>> i32((0, 0x8000), 0), i32((0xFFFF, 0xFFFF), 0), i32((0x7FFF, 0xFFFF), 0)
    (32768, -1, None)
    """
    value = words[index] << 16 | words[index + 1]
    return None if value in (0x7FFFFFFF, 0x80000000) else value - (value >> 31 << 32)


def text(words: Sequence[int]) -> str:
    """Return words as ASCII text, without the NULs and blanks that fill it up."""
    raw = b"".join(word.to_bytes(2, "big") for word in words)
    return raw.decode("ascii", "replace").strip("\0 ")

"""A program of the owner's that prints numbers as CSV: run within a time limit, and stopped with all it has started.

Its lines are `2026-06-01T06:00:00,1.25` (also with a blank for the T, and a semicolon); other lines are headings.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import IO

from solarctl.drivers import answers
from solarctl.errors import DeviceReplyError, DeviceUnreachable

LARGEST = 5_000_000  # bytes; a month of minutes is not half of it
LAST_WORDS = 200
WIND_UP_S = 2.0  # what a program may take to end once it has said everything
CHUNK = 65_536


def numbers(name: str, command: Sequence[str], limit_s: float, zone: tzinfo) -> dict[datetime, float]:
    """Return what the program prints, by moment (in `zone` where it says none)."""
    found: dict[datetime, float] = {}
    for line in _printed(name, command, limit_s).splitlines():
        parts = line.replace(";", ",").split(",")
        if len(parts) >= 2:
            moment, number = answers.moment(parts[0].strip().strip('"'), zone), answers.number(parts[1].strip())
            if moment is not None and number is not None:
                found[moment] = number
    return found


def _printed(name: str, command: Sequence[str], limit_s: float) -> str:
    program = command[0]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that what it has started can be stopped with it
        )
    except OSError as error:
        raise DeviceUnreachable(name, f"{program} cannot be started: {error.strerror}") from None
    assert process.stdout is not None
    assert process.stderr is not None
    said, words = _Drain(process.stdout), _Drain(process.stderr)
    said.join(limit_s)  # it ends with the program, or with the first byte too many
    late = said.is_alive()
    if late or said.too_much:
        _kill(process)
    try:
        code = process.wait(WIND_UP_S)
    except subprocess.TimeoutExpired:
        _kill(process)
        late, code = True, process.wait()
    words.join(WIND_UP_S)
    if said.too_much:
        raise DeviceReplyError(name, f"{program} prints more than {LARGEST / 1e6:.0f} MB")
    if late:
        raise DeviceUnreachable(name, f"{program} took longer than {limit_s:.0f} s")
    if code:
        last = (words.text.strip().splitlines() or [""])[-1][:LAST_WORDS]
        raise DeviceUnreachable(name, f"{program} ended with {code}" + (f": {last}" if last else ""))
    return said.text


class _Drain(threading.Thread):
    """Reads a pipe to its end, and keeps no more than `LARGEST` bytes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._kept = bytearray()
        self.too_much = False
        self.start()

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")

    def run(self) -> None:
        with self._pipe:
            while chunk := self._pipe.read1(CHUNK):  # type: ignore[attr-defined]  # a buffered pipe has it
                if len(self._kept) + len(chunk) > LARGEST:
                    self.too_much = True
                    return
                self._kept += chunk


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Stop the program and what it has started."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)

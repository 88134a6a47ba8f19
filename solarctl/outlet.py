"""Output that nobody waits for: what a reader does not take in time is left out, and counted.

A loop that steers loads may not stand still because the terminal is stopped (Ctrl-S) or a pipe is full. The stream
stays as it is for everybody else who has it: no flag of it is changed.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
from collections import deque
from collections.abc import Callable
from typing import TextIO

KEPT = 50  # pieces that wait for their reader; more are left out
LAST_S = 1.0  # a run that is over waits so long for its reader


class Outlet(io.TextIOBase):
    """Takes text at once and hands it on as far as its reader follows; one flush is one piece."""

    def __init__(self, stream: TextIO, gap: Callable[[int], str]) -> None:
        self._stream = stream
        self._gap = gap  # tells, as a line, how many pieces were left out
        stream.flush()
        self._fd = stream.fileno()
        self._own = _own_way_to_a_terminal(self._fd)
        self._begun = ""
        self._waiting: deque[bytes] = deque()
        self._left_out = 0

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding or "utf-8"

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._begun += text
        return len(text)

    def flush(self) -> None:
        """Hand on what the reader has room for; never wait."""
        piece, self._begun = self._begun, ""
        self._push(0.0)
        if piece and len(self._waiting) >= KEPT:
            self._left_out += 1
            return
        if piece:
            self._tell_gap()
            self._keep(piece)
            self._push(0.0)

    def drain(self) -> None:
        """Give the reader a last moment; what it does not take then is lost."""
        self.flush()
        self._tell_gap()
        self._push(LAST_S)
        self._waiting.clear()

    def _tell_gap(self) -> None:
        if self._left_out:
            self._keep(self._gap(self._left_out) + "\n")
            self._left_out = 0

    def _keep(self, piece: str) -> None:
        self._waiting.append(piece.encode(self.encoding, "backslashreplace"))

    def _push(self, patience_s: float) -> None:
        while self._waiting and self._has_room(patience_s):
            piece = self._waiting[0]
            try:
                # a pipe that has room takes so much without waiting
                written = os.write(self._own if self._own is not None else self._fd, piece[: select.PIPE_BUF])
            except BlockingIOError:
                return
            if written < len(piece):
                self._waiting[0] = piece[written:]
            else:
                self._waiting.popleft()

    def _has_room(self, patience_s: float) -> bool:
        asked = select.poll()
        asked.register(self._fd, select.POLLOUT)
        return bool(asked.poll(patience_s * 1000))


def unhurried(stream: TextIO, gap: Callable[[int], str]) -> TextIO:
    """Return an outlet to a stream; the stream itself where it is none of the system's."""
    try:
        return Outlet(stream, gap)  # type: ignore[return-value]
    except (OSError, ValueError, AttributeError):
        return stream


def drain(*streams: TextIO) -> None:
    """Give the readers of outlets a last moment."""
    for one in streams:
        if isinstance(one, Outlet):
            with contextlib.suppress(OSError, ValueError):
                one.drain()


def _own_way_to_a_terminal(descriptor: int) -> int | None:
    """Return a descriptor of our own that never waits; a terminal takes more than it says it has room for."""
    try:
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None

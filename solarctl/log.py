"""Where messages go: stderr for a person and for cron's mail; the system's log when no person is looking.

at a terminal                 stderr
under a systemd unit          stderr, which is the journal; with its priority marks
cron, or any other pipe       stderr (cron mails it, where there is a mail transport) and syslog,
                              because a Raspberry Pi has none and trouble must not vanish
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TextIO

from solarctl.errors import ConfigError, Exit, SolarctlError, spelt_out
from solarctl.value import value

SYSLOG = Path("/dev/log")
DAEMON = 3  # syslog facility
ERROR, WARNING, INFO, DEBUG = 3, 4, 6, 7  # syslog severities
LONGEST = 2000  # bytes of one syslog line
SYSLOG_LIMIT_S = 1.0


@value
class Log:
    """Where this run's messages go."""

    verbosity: int = 0
    quiet: bool = False
    interactive: bool = True
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    syslog: Path | None = None
    journal: bool = False

    def detail(self, text: str) -> None:
        """Say something that -v shows."""
        if self.verbosity >= 1:
            self._print(INFO, text)

    def debug(self, text: str) -> None:
        """Say something that -vv shows; secrets are redacted before."""
        if self.verbosity >= 2:
            self._print(DEBUG, text)

    def trouble(self, command: str, errors: Sequence[SolarctlError], *, on_stderr: bool = True) -> None:
        """Tell what broke, on stderr (unless it has been said there) and where nobody looks, to syslog.

        `on_stderr` is false for what -q has printed already today; syslog is told all the same.
        """
        for error in errors:
            severity = WARNING if error.exit_code == Exit.TRY_AGAIN else ERROR
            if on_stderr:
                self._print(severity, _told(error))
            self._to_syslog(severity, f"{command}: {error}" + (f" — {error.hint}" if error.hint else ""))

    def notice(self, command: str, text: str) -> None:
        """Tell something that is no trouble of the run itself, by the same ways (a mail that was dropped)."""
        self._print(WARNING, f"solarctl: {text}")
        self._to_syslog(WARNING, f"{command}: {text}")

    def _print(self, severity: int, text: str) -> None:
        mark = f"<{severity}>" if self.journal else ""
        try:
            for line in text.split("\n"):
                print(mark + spelt_out(line), file=self.stream)
            self.stream.flush()
        except (OSError, ValueError):
            pass  # the reader has gone; the run has not

    def _to_syslog(self, severity: int, text: str) -> None:
        if self.syslog is None:
            return
        import socket

        line = "".join(letter if letter.isprintable() else " " for letter in text)
        whole_letters = line.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
        packet = f"<{DAEMON << 3 | severity}>solarctl[{os.getpid()}]: {whole_letters}".encode()
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):  # some loggers listen to streams only
            try:
                with socket.socket(socket.AF_UNIX, kind) as wire:
                    wire.settimeout(SYSLOG_LIMIT_S)
                    wire.connect(str(self.syslog))
                    wire.sendall(packet if kind == socket.SOCK_DGRAM else packet + b"\n")
                return
            except OSError:
                continue


_current = Log()


def setup(
    verbosity: int = 0,
    *,
    quiet: bool = False,
    interactive: bool,
    stream: TextIO | None = None,
    syslog: Path = SYSLOG,
    environ: Mapping[str, str] = os.environ,
) -> Log:
    """Decide where messages go from now on; `interactive`: a person sits at stderr."""
    global _current
    stream = stream or sys.stderr
    journal = not interactive and _is_journal(stream, environ.get("JOURNAL_STREAM", ""))
    wanted = not interactive and not journal and syslog.exists()
    _current = Log(verbosity, quiet, interactive, stream, syslog if wanted else None, journal)
    return _current


def trouble(command: str, errors: Sequence[SolarctlError], *, on_stderr: bool = True) -> None:
    """Tell what broke, by the way that `setup` chose."""
    _current.trouble(command, errors, on_stderr=on_stderr)


def notice(command: str, text: str) -> None:
    """Tell something that is no trouble of the run itself, by the way that `setup` chose."""
    _current.notice(command, text)


def _told(error: SolarctlError) -> str:
    """Return an error and the next step as a person reads them; of a config's problems, each with its own."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        lines = [f"  {one}" + (f" — {one.hint}" if one.hint else "") for one in error.problems]
        return "\n".join(["solarctl: the config needs mending", *lines])
    return f"solarctl: {error}" + (f"\n  {error.hint}" if error.hint else "")


def _is_journal(stream: TextIO, told: str) -> bool:
    """Return whether the stream itself, not just the unit above us, leads to the journal."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return told == f"{found.st_dev}:{found.st_ino}"

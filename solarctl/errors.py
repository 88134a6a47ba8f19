"""Errors, grouped by what the person does next, and the exit codes that tell cron.

SolarctlError
├── ConfigError          78  edit config.toml (all problems are listed)
├── StateError           74  state or history cannot be read or written: follow the hint
│   └── StateLost        74  what was stored is gone: pause, force and log in anew
├── BusyError            75  another run is at it: wait for the next one
└── DeviceError              what a caller of a driver catches
    ├── DeviceUnreachable 75 silence, time-outs, rate limits, 5xx: wait for the next run
    ├── DeviceReplyError  76 the device answered nonsense: report it
    ├── DeviceLoginError  77 log in again, or mend the secret
    ├── DeviceSetupError  78 what config.toml says of it does not fit: mend the id, the address, the region
    └── DeviceRefused     69 the device said no: look at the device
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum

from solarctl.value import value


class Exit(IntEnum):
    """Exit codes (sysexits numbers)."""

    OK = 0
    BUG = 1
    USAGE = 2
    REFUSED = 69
    STATE = 74
    TRY_AGAIN = 75
    NONSENSE = 76
    LOGIN = 77
    CONFIG = 78
    INTERRUPTED = 130
    TERMINATED = 143


PRECEDENCE = (
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.BUG,
    Exit.USAGE,
    Exit.CONFIG,
    Exit.STATE,
    Exit.LOGIN,
    Exit.NONSENSE,
    Exit.REFUSED,
    Exit.TRY_AGAIN,
    Exit.OK,
)


def worst(codes: Iterable[int]) -> int:
    """Return the code that a run with all these outcomes exits with.

    >>> int(worst([0, 75, 69]))
    69
    >>> int(worst([]))
    0
    """
    found = set(codes)
    return next((code for code in PRECEDENCE if code in found), Exit.OK)


def spelt_out(text: str) -> str:
    r"""Return a text from outside as any terminal may show it: what would steer the terminal is spelt out.

    >>> print(spelt_out("hall\x1b[2J"))
    hall\x1b[2J
    """
    if text.replace("\n", "").isprintable():
        return text
    kept = "\n\t\u00a0\u202f"  # spaces that Python does not count as printable
    return "".join(
        one if one.isprintable() or one in kept else one.encode("unicode_escape").decode("ascii") for one in text
    )


class SolarctlError(Exception):
    """Something a person can act on: a message, a hint at the next step, an exit code."""

    exit_code: Exit = Exit.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = spelt_out(message)
        self.hint = spelt_out(hint)

    @property
    def device(self) -> str:
        """Name of the device or account it is about, or nothing."""
        return ""

    def __str__(self) -> str:
        return f"{spelt_out(self.device)}: {self.message}" if self.device else self.message


@value
class Problem:
    """One thing wrong with the house's set-up, as `check` lists it."""

    path: str  # dotted path in config.toml, or a file's path
    message: str
    hint: str = ""
    line: int | None = None
    severity: str = "error"  # error | warning

    def __str__(self) -> str:
        where = f"line {self.line}, {self.path}" if self.line else self.path
        return f"{where}: {self.message}" if where else self.message


class UsageError(SolarctlError):
    """The command line itself is wrong."""

    exit_code = Exit.USAGE


class ConfigError(SolarctlError):
    """The config cannot be used as it is; lists every problem found."""

    exit_code = Exit.CONFIG

    def __init__(self, problems: Sequence[Problem] | str, *, hint: str = "") -> None:
        if isinstance(problems, str):
            problems = [Problem("", problems, hint)]
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(str(self.problems[0]), hint=hint or self.problems[0].hint)
            return
        lines = [f"  {problem}" + (f" — {problem.hint}" if problem.hint else "") for problem in self.problems]
        super().__init__("\n".join(["the config needs mending", *lines]), hint=hint)


class StateError(SolarctlError):
    """State or history cannot be read or written."""

    exit_code = Exit.STATE


class StateLost(StateError):
    """The state was damaged beyond recovery and starts empty; from now on it can be stored again."""


class BusyError(SolarctlError):
    """Another run holds what this one needs."""

    exit_code = Exit.TRY_AGAIN


class DeviceError(SolarctlError):
    """A device, or the cloud in front of it, did not do its part."""

    exit_code = Exit.TRY_AGAIN

    def __init__(self, device: str, message: str, *, hint: str = "") -> None:
        super().__init__(
            " ".join(message.splitlines()), hint=hint
        )  # a vendor's line break would begin a sentence of ours
        self._device = device

    @property
    def device(self) -> str:
        return self._device


class DeviceUnreachable(DeviceError):
    """No answer, or "not now": a time-out, a rate limit, a server's 5xx.

    `retry_at` is the moment before which the vendor must not be called again, if it said so.
    `expected` marks a silence that belongs to the device's life (an inverter at night): exit 0.
    """

    exit_code = Exit.TRY_AGAIN

    def __init__(
        self, device: str, message: str, *, hint: str = "", retry_at: datetime | None = None, expected: bool = False
    ) -> None:
        super().__init__(device, message, hint=hint)
        self.retry_at = retry_at
        self.expected = False
        if expected:
            self.excuse()

    def excuse(self) -> None:
        """Take it for a silence that is provided for: it stays to be read, and is exit 0."""
        self.expected = True
        self.exit_code = Exit.OK


class DeviceReplyError(DeviceError):
    """The device answered something that makes no sense."""

    exit_code = Exit.NONSENSE


class DeviceLoginError(DeviceError):
    """The secret, token or permission is wrong; no repetition can help."""

    exit_code = Exit.LOGIN


class DeviceSetupError(DeviceError):
    """An id, address or region in config.toml does not fit the device or account, or a switch in its app does not."""

    exit_code = Exit.CONFIG


class DeviceRefused(DeviceError):
    """The device or its cloud understood and said no, or did not take the value."""

    exit_code = Exit.REFUSED

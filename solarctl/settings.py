"""How settings are declared: frozen dataclasses whose fields say their default, range and meaning.

    @dataclass(frozen=True)
    class Settings:
        battery: str = device(BatteryMeter, help="whose charge is watched")
        on_below_pct: float = setting(15.0, ge=0, le=100, help="grid on below this charge")

One small validator (config.py) decodes them, lists every mistake with its line, and writes docs/config.md.
Types: str int float bool Secret Path date time_of_day, lists of them, nested dataclasses, X | None,
and Literal["a", "b"]. Ints are accepted for floats; booleans never for numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import time
from typing import Any

REQUIRED: Any = dataclasses.MISSING


class Secret:
    """A text that prints as ***; `.reveal()` is the only way to the text itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


def setting(
    default: Any = REQUIRED,
    *,
    default_factory: Callable[[], Any] | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    choices: Sequence[str] | None = None,
    help: str = "",
) -> Any:
    """Declare a key of config.toml: its default (none: required), allowed range or words, and one line of help."""
    metadata = {"ge": ge, "gt": gt, "le": le, "choices": tuple(choices) if choices else None, "help": help}
    if default_factory is not None:
        return dataclasses.field(default_factory=default_factory, metadata=metadata)
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def device(*capabilities: type, default: Any = REQUIRED, help: str = "", steers: bool = False) -> Any:
    """Declare a key that names a device offering all of `capabilities`; `steers` marks what the command writes to."""
    metadata = {"device": capabilities, "help": help, "steers": steers}
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    if isinstance(default, (list, tuple)):
        values = tuple(default)
        return dataclasses.field(default_factory=lambda: values, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def account(service: str = "", *, default: Any = REQUIRED, help: str = "") -> Any:
    """Declare a key that names an account, of the given service if one is named."""
    metadata = {"account": service or True, "help": help}
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def time_of_day(text: str) -> time:
    """Return "HH:MM" (or "24:00", the end of the day, as 00:00) as a time.

    >>> time_of_day("06:30")
    datetime.time(6, 30)
    """
    hour, minute = (int(part) for part in text.split(":"))
    return time(0 if (hour, minute) == (24, 0) else hour, minute)

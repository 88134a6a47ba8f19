"""config.toml: found, read, checked for what everyone needs; tables are decoded by those who use them.

A mistake in one command's table, device or account stops only the commands that need it. Rules are not known
here: a command hands in the class that its table must fit.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from solarctl import secret_sources
from solarctl.decode import Decoder, nearest
from solarctl.errors import ConfigError, Problem
from solarctl.settings import Secret, setting
from solarctl.value import value

T = TypeVar("T")

LARGEST = 1_000_000  # bytes; a config is some thousand
SHARED_TABLES = ("site", "accounts", "devices", "tariff", "mail", "heartbeat", "history")
_SECRET_KEYS = ("password", "secret", "token", "api_key", "apikey", "appid", "passphrase")


@value
class SiteSettings:
    """[site]: where the house is, and how long a run may take."""

    timezone: str = setting(help='the zone of the house, such as "Europe/Amsterdam"')
    state_dir: Path | None = setting(None, help="where state and history are kept, for root and for you")
    budget_s: float = setting(50.0, gt=0, le=3600, help="time budget of one run in seconds, retries included")
    latitude: float | None = setting(None, ge=-90, le=90, help="degrees, north is positive")
    longitude: float | None = setting(None, ge=-180, le=180, help="degrees, east is positive")
    temperature_unit: str = setting("F", choices=("F", "C"), help="the unit of every temperature")

    def problems(self) -> Iterator[tuple[str, str]]:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            yield "timezone", f"{self.timezone!r} is not a time zone; use a name such as Europe/Amsterdam"


class Config:
    """One config file. `raw` is what TOML says; nothing in it is decoded until asked for.

    `forgiving`: mistakes in [site] are passed over, in order to look for those in the other tables.
    """

    def __init__(self, path: Path, raw: Mapping[str, Any], text: str, *, forgiving: bool = False) -> None:
        self.path = path
        self.raw = raw
        self._text = text
        self.warnings: list[Problem] = []  # about the file as such
        self.time_left_s: Callable[[float], float] = float  # how much of so many seconds the run's budget has left
        self._lines: dict[str, int] = {}  # found when a problem wants its line
        try:
            self.site = self.table("site", SiteSettings, required=True)
        except ConfigError:
            if not forgiving:
                raise
            self.site = SiteSettings("UTC")
        self.timezone = ZoneInfo(self.site.timezone)

    @classmethod
    def load(cls, path: Path, *, forgiving: bool = False) -> Config:
        """Read the file; `ConfigError` when it is missing, unreadable, no TOML, or tells secrets to others."""
        try:
            if path.exists() and not path.is_file():
                raise ConfigError(f"{path} is no file")
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise ConfigError(f"{path} is larger than {LARGEST // 1000} kB")
            text = content.decode("utf-8-sig")  # Notepad begins files with a mark
            raw, tells_secrets = _parsed(text)
        except RecursionError:
            raise ConfigError(f"{path} is nested too deeply") from None
        except FileNotFoundError:
            raise ConfigError(f"there is no config at {path}", hint="Type: solarctl setup") from None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None
        except tomllib.TOMLDecodeError as error:
            from solarctl import toml_slips

            line = _line_in(str(error))
            message = f"this is not TOML: {error}"
            raise ConfigError([Problem(str(path), message, toml_slips.hint(text, line), line)]) from None
        warnings: list[Problem] = []
        if tells_secrets:
            found = secret_sources.permission_problems(path)
            refused = [p for p in found if p.severity == "error"]
            if refused:
                raise ConfigError(refused)
            warnings = found
        config = cls(path, raw, text, forgiving=forgiving)
        config.warnings = warnings
        return config

    @property
    def folder(self) -> Path:
        return self.path.parent.absolute()

    def line(self, path: str) -> int | None:
        """Return the line of a dotted path, or of the nearest table around it."""
        from solarctl.toml_lines import find_lines

        self._lines = self._lines or find_lines(self._text)
        if "." not in path and path not in self._lines:  # a table that is there only by the tables in it
            return next((line for known, line in self._lines.items() if known.startswith(f"{path}.")), None)
        while path and path not in self._lines:
            path = path.rpartition(".")[0]
        return self._lines.get(path)

    def find(self, path: str) -> Any:
        """Return what stands under a dotted path, or None."""
        value: Any = self.raw
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def devices_of_accounts(self) -> dict[str, int]:
        """Return how many devices each account has."""
        accounts = [self.find(f"devices.{name}.account") for name in self.names("devices")]
        return {one: accounts.count(one) for one in accounts if isinstance(one, str)}

    def decoder(self) -> Decoder:
        """Return a decoder for this file's tables."""
        return Decoder(self.folder, self._secret, self.line)

    def table(self, path: str, cls: type[T], *, required: bool = False, ignore: tuple[str, ...] = ()) -> T:
        """Return a table as `cls`; an absent one has its defaults. `ConfigError` lists all its problems."""
        found = self.find(path)
        if found is None and required:
            raise ConfigError([Problem(path, f"there is no [{path}] in {self.path}", f"Add [{path}].")])
        decoder = self.decoder()
        settings = decoder.table(cls, {} if found is None else found, path, ignore=ignore)
        if settings is None:
            raise ConfigError(decoder.problems)
        return settings

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of all "devices" or "accounts"."""
        found = self.raw.get(kind)
        return tuple(found) if isinstance(found, Mapping) else ()

    def entry(self, kind: str, name: str) -> Mapping[str, Any]:
        """Return the raw table of one device or account; `ConfigError` names the nearest when there is none."""
        found = self.find(f"{kind}.{name}") if "." not in name else None
        if not isinstance(found, Mapping):
            hint = nearest(name, self.names(kind)) or f"Add [{kind}.{name}]."
            raise ConfigError([Problem(f"{kind}.{name}", f"there is no [{kind}.{name}]", hint)])
        return found

    def unknown_tables(self, commands: tuple[str, ...]) -> list[Problem]:
        """Return the top-level tables that nobody reads."""
        known = (*SHARED_TABLES, *commands)
        return [
            Problem(name, "unknown table", of_many(name, self.raw[name]) or nearest(name, known), self.line(name))
            for name in self.raw
            if name not in known
        ]

    def _secret(self, value: Any) -> Secret:
        limit_s = self.time_left_s(secret_sources.COMMAND_LIMIT_S)
        return secret_sources.resolve(value, self.folder, limit_s=limit_s)


@lru_cache(maxsize=1)  # a process may run command after command by one config: the demo, `crontab next --decide`
def _parsed(text: str) -> tuple[Mapping[str, Any], bool]:
    """Return what TOML says, which nobody may change, and whether a secret stands in it."""
    raw = tomllib.loads(text)
    return raw, has_inline_secrets(raw)


def has_inline_secrets(raw: Any, key: str = "") -> bool:
    """Return whether the config itself holds a secret as text."""
    if isinstance(raw, Mapping):
        return any(has_inline_secrets(value, str(name)) for name, value in raw.items())
    if isinstance(raw, list):
        return any(has_inline_secrets(value, key) for value in raw)
    return isinstance(raw, str) and bool(raw.strip()) and key.endswith(_SECRET_KEYS)


def find_path(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the config to use: the option or SOLARCTL_CONFIG, the user's own, then /etc/solarctl."""
    if given is not None:
        return given
    if environ.get("SOLARCTL_CONFIG"):
        return Path(environ["SOLARCTL_CONFIG"])
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "solarctl" / "config.toml"
    system = Path("/etc/solarctl/config.toml")
    return system if system.exists() and not home.exists() else home


def find_state_dir(given: Path | None, site: SiteSettings | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the state folder: the option, SOLARCTL_STATE_DIR, site.state_dir, systemd's, then the user's own."""
    if given is not None:
        return given
    if environ.get("SOLARCTL_STATE_DIR"):
        return Path(environ["SOLARCTL_STATE_DIR"])
    if site is not None and site.state_dir is not None:
        return site.state_dir
    if environ.get("STATE_DIRECTORY"):
        return Path(environ["STATE_DIRECTORY"].split(":")[0])
    if environ.get("XDG_STATE_HOME"):
        return Path(environ["XDG_STATE_HOME"]) / "solarctl"
    if os.geteuid() == 0:
        return Path("/var/lib/solarctl")
    return Path.home() / ".local" / "state" / "solarctl"


def of_many(name: str, table: Any) -> str:
    """Return the hint for [device.NAME], which is [devices.NAME]."""
    kind = f"{name.lower().rstrip('s')}s"
    if kind not in ("devices", "accounts") or not isinstance(table, Mapping):
        return ""
    return " ".join(f"Write [{kind}.{one}]." for one, keys in table.items() if isinstance(keys, Mapping))


def _line_in(message: str) -> int | None:
    _before, at_line, rest = message.partition("at line ")
    number = rest.split(",")[0]
    return int(number) if at_line and number.isdigit() else None

"""A served house for tests of whole commands: emulators on loopback, a config that points at them, a state folder."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.cli import execute
from solarctl.clock import SystemClock
from solarctl.context import Clock
from solarctl.runner import Environment
from solarctl.virtualhome import emulators
from solarctl.virtualhome.battery import Battery
from solarctl.virtualhome.house import House

ZONE = "Europe/Prague"


class ShiftedClock:
    """The real time plus what a test adds to it; sleeping passes at once."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self._ahead_s = 0.0

    def now(self) -> Any:
        return self._real.now() + timedelta(seconds=self._ahead_s)

    def monotonic(self) -> float:
        return self._real.monotonic() + self._ahead_s

    def sleep(self, seconds: float) -> None:
        self._ahead_s += max(0.0, seconds)

    def advance(self, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        """Let time pass."""
        self._ahead_s += timedelta(minutes=minutes, hours=hours, days=days).total_seconds()


@dataclass(frozen=True)
class Result:
    """What a command line came to."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        lines = self.out.strip().splitlines()
        assert len(lines) == 1, self.out
        found: dict[str, Any] = json.loads(lines[0])
        return found


class Home:
    """Emulators by name, `config.toml`, state, and `run`."""

    def __init__(self, folder: Path, names: Sequence[str], *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock = clock or ShiftedClock()
        self.house = House(timezone=ZoneInfo(ZONE), start=self.clock.now(), battery=Battery(10))
        known = emulators.find()
        self.emulators: dict[str, Any] = {name: known[name](self.house, self.clock).start() for name in names}
        self.state_dir = folder / "state"
        self.config_path = folder / "config.toml"
        self.tables = ""

    def configure(self, tables: str, *, site: str = "") -> None:
        """Write config.toml: the site, the emulators' accounts and devices, and `tables`."""
        self.tables = tables
        parts = [f'[site]\ntimezone = "{ZONE}"\n{site}', *(one.config() for one in self.emulators.values()), tables]
        self.write("\n".join(parts))
        for emulator in self.emulators.values():
            for name, text in emulator.secrets().items():
                (self.folder / name).write_text(text)
                (self.folder / name).chmod(0o600)

    def write(self, text: str) -> None:
        """Write config.toml as it is."""
        self.config_path.write_text(text)
        self.config_path.chmod(0o600)

    def run(self, *argv: str, on_run: Callable[[Any], None] | None = None) -> Result:
        """Run a command line in this process."""
        out, err = io.StringIO(), io.StringIO()
        environment = Environment(self.clock, out, err, on_run)
        code = execute([*argv, "-c", str(self.config_path), "--state-dir", str(self.state_dir)], environment)
        return Result(code, out.getvalue(), err.getvalue())

    def json(self, *argv: str) -> dict[str, Any]:
        """Run a command line with --json; return the object, which must agree with the exit code."""
        result = self.run(*argv, "--json")
        assert result.json["exit"] == result.exit, result
        return result.json

    def process(self, *argv: str, env: dict[str, str] | None = None, **kwargs: Any) -> subprocess.Popen[str]:
        """Start a command line as a process of its own, with cron's empty environment."""
        return subprocess.Popen(
            [sys.executable, "-m", "solarctl", *argv, "-c", str(self.config_path), "--state-dir", str(self.state_dir)],
            env={"PATH": os.defpath, "HOME": str(self.folder), **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            **kwargs,
        )

    def state(self) -> dict[str, Any]:
        """Return state.json."""
        found: dict[str, Any] = json.loads((self.state_dir / "state.json").read_text())
        return found

    def stop(self) -> None:
        for emulator in self.emulators.values():
            emulator.stop()


@contextmanager
def served(folder: Path, *names: str, tables: str, clock: Clock | None = None, site: str = "") -> Iterator[Home]:
    """Give a running house with a config."""
    home = Home(folder, names, clock=clock)
    try:
        home.configure(tables, site=site)
        yield home
    finally:
        home.stop()

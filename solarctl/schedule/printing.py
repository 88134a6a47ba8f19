"""The recommended lines as a crontab: absolute path of the installed program, hours that this machine's cron means."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from solarctl.config import find_state_dir
from solarctl.errors import ConfigError, Problem
from solarctl.schedule import zones
from solarctl.schedule.recommended import Line
from solarctl.value import value

if TYPE_CHECKING:
    from solarctl.config import Config
    from solarctl.run import Run

SHIMS = ("/shims/", "/.pyenv/bin/", "/asdf/")  # start a version manager first, and lack its variables under cron


@value
class Place:
    """What the lines need to know besides the table."""

    program: str
    options: tuple[str, ...]  # -c and --state-dir, where the defaults of cron's environment would not find them
    site: tzinfo
    site_name: str
    now: datetime


def place(run: Run) -> Place:
    """Return where a run's program, config and house are."""
    found = options(
        run.config,
        run.config.path,
        run.state_dir,
        config_given=run.options.config is not None,
        state_given=run.options.state_dir is not None,
    )
    return Place(program(), found, run.config.timezone, run.config.site.timezone, run.now)


def options(
    config: Config, path: Path, state_dir: Path, *, config_given: bool = False, state_given: bool = False
) -> tuple[str, ...]:
    """Return the -c and --state-dir that a line needs: where they were given, and where cron would not find them."""
    words: list[str] = []
    if config_given or path.absolute() != _found_by_cron():
        words += ["-c", str(path.absolute())]
    if state_given or state_dir != find_state_dir(None, config.site, {}):
        words += ["--state-dir", str(state_dir.absolute())]
    return tuple(words)


def program() -> str:
    """Return the absolute path of the installed program as the shell takes it, never a version manager's shim."""
    installed = Path(sys.prefix) / "bin" / "solarctl"
    if installed.is_file():
        return shlex.quote(str(installed))
    typed = Path(sys.argv[0]).absolute()
    if typed.name == "solarctl" and typed.is_file() and not any(part in str(typed) for part in SHIMS):
        return shlex.quote(str(typed))
    return f"{shlex.quote(sys.executable)} -m solarctl"


def crontab_lines(lines: Sequence[Line], where: Place, *, knows_zones: bool, machine: tzinfo) -> Iterator[str]:
    """Yield the text, line by line; `ConfigError` when some hours cannot be said to this cron."""
    foreign = zones.differ(where.site, machine, where.now) and any(line.hours for line in lines)
    if foreign and knows_zones:
        yield f"CRON_TZ={where.site_name}"
    elif foreign:
        yield f"# The hours are this computer's ({machine}), for hours of {where.site_name}; its cron knows no CRON_TZ."
    shown = [(_schedule(line, where, machine, convert=foreign and not knows_zones), line) for line in lines]
    width = max((len(schedule) for schedule, _ in shown), default=0)
    for schedule, line in shown:
        yield f"# {line.command}: {line.why}"
        yield f"{schedule:<{width}}  {escaped(command_line(line.words, where))}"


def command_line(words: Sequence[str], where: Place) -> str:
    """Return a line's command as the shell takes it."""
    return f"{where.program} {shlex.join([*words, *where.options, '-q'])}"


def escaped(command: str) -> str:
    r"""Return a command as it stands in a crontab: there a plain % would end it.

    >>> escaped("date +%H")
    'date +\\%H'
    """
    return command.replace("%", "\\%")


def _schedule(line: Line, where: Place, machine: tzinfo, *, convert: bool) -> str:
    minute = {1: "*", 60: "0"}.get(line.every_min, f"*/{line.every_min}")
    hours = line.hours
    if hours and convert:
        hours = zones.converted(hours, where.site, machine, where.now, widen=line.early_is_harmless)
        if not hours:
            message = f"the hours of {line.command} cannot be said in this computer's zone ({machine}) all year"
            hint = f"Type: timedatectl set-timezone {where.site_name}; or use timers: solarctl crontab print --systemd"
            raise ConfigError([Problem("site.timezone", message, hint)])
    return f"{minute} {ranges(hours)} * * *"


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers as a field of a crontab.

    >>> ranges((12, 13, 20)), ranges(())
    ('12-13,20', '*')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs) or "*"


def _found_by_cron() -> Path:
    """Return the config that a run finds with nothing but HOME set, as under cron."""
    from solarctl.config import find_path

    return find_path(None, {})


def text(config: Config, where: Place) -> str:
    """Return the crontab lines for this machine's cron."""
    from solarctl.schedule.recommended import lines
    from solarctl.schedule.thrift import affordable

    found = affordable(lines(config), config)
    knows = zones.cron_knows_zones()
    return "".join(f"{one}\n" for one in crontab_lines(found, where, knows_zones=knows, machine=zones.machine_zone()))

"""The recommended lines as systemd units: a service and a timer each, with the hours in the site's own zone.

For root they are units of the system, with a sandbox; for anybody else units of that user, which systemd runs
without a login only after `loginctl enable-linger`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from solarctl.schedule import unit_files
from solarctl.schedule.printing import Place, ranges
from solarctl.schedule.recommended import Line

SYSTEM = Path("/etc/systemd/system")
STOP_GRACE_S = 10  # besides the run's own budget


def units(lines: Sequence[Line], where: Place, *, state: Path, budget_s: float) -> Iterator[tuple[Path, str]]:
    """Yield each unit's path and text."""
    folder = SYSTEM if os.geteuid() == 0 else Path.home() / ".config" / "systemd" / "user"
    for line in lines:
        name = f"solarctl-{line.command}"
        yield folder / f"{name}.service", _service(line, where, state, budget_s)
        if not line.is_service:
            yield folder / f"{name}.timer", _timer(line, where)


def text(lines: Sequence[Line], where: Place, *, state: Path, budget_s: float) -> str:
    """Return all units, each under the path of its file, and how they are started."""
    parts = [f"# {path}\n{content}" for path, content in units(lines, where, state=state, budget_s=budget_s)]
    started = [f"solarctl-{line.command}.{'service' if line.is_service else 'timer'}" for line in lines]
    system = os.geteuid() == 0
    control = "systemctl" if system else "systemctl --user"
    last = [f"# {control} daemon-reload", f"# {control} enable --now {' '.join(started)}"]
    if not system:
        last.append("# loginctl enable-linger   (else they run only while you are logged in)")
    return "\n".join([*parts, *last]) + "\n"


def calendar(line: Line, zone: str) -> str:
    """Return the line's moments as systemd writes them, in the site's zone.

    >>> calendar(Line(("eod-status",), 5, "", (20, 21)), "Europe/Prague")
    '*-*-* 20..21:00/5:00 Europe/Prague'
    """
    hours = ranges(line.hours).replace("-", "..")
    minutes = {1: "*", 60: "00"}.get(line.every_min, f"00/{line.every_min}")
    return f"*-*-* {hours}:{minutes}:00 {zone}"


def _service(line: Line, where: Place, state: Path, budget_s: float) -> str:
    words = line.words[:1] if line.is_service else line.words
    values = {
        "Description": f"solarctl {line.command}: {line.why}",
        "ExecStart": " ".join([_quoted_program(where), *map(_quoted, [*words, *where.options, "-q"])]),
    }
    if not line.is_service:
        values["TimeoutStartSec"] = f"{budget_s + STOP_GRACE_S:.0f}"
    shipped = unit_files.BALANCE if line.is_service else unit_files.ONE_RUN
    return unit_files.fitted(shipped, values, state=_quoted(str(state)), system=os.geteuid() == 0)


def _timer(line: Line, where: Place) -> str:
    return (
        f"[Unit]\nDescription=solarctl {line.command}, as the clock has it\n\n"
        f"[Timer]\nOnCalendar={calendar(line, where.site_name)}\nAccuracySec=1s\nPersistent=yes\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _quoted_program(where: Place) -> str:
    import shlex

    return " ".join(_quoted(word) for word in shlex.split(where.program))


def _quoted(word: str) -> str:
    r"""Return a word as systemd takes it in ExecStart: % and $ and quotes mean something there.

    >>> _quoted("a b%")
    '"a b%%"'
    """
    word = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    if any(letter in word for letter in " \t\"';"):
        return '"' + word.replace('"', '\\"') + '"'
    return word

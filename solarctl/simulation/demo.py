"""A day of the crontab in fast-forward: the real commands, drivers and state, against a virtual home.

One process, one clock: it jumps from one line of the crontab to the next; what a run sleeps passes at once.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from solarctl.errors import Exit
from solarctl.options import Interrupted
from solarctl.run import Run
from solarctl.runner import Environment
from solarctl.schedule.crontab import Job, parse, runs
from solarctl.simulation.demo_folder import keep_mails
from solarctl.simulation.service import Quiet, Service
from solarctl.virtualhome.chaos import Chaos, Trouble
from solarctl.virtualhome.clock import DrivenClock
from solarctl.virtualhome.energies import Energies
from solarctl.virtualhome.scenario import Home, Scenario, Seed

Execute = Callable[[list[str], Environment], int]


@dataclass(frozen=True)
class Ran:
    """One run of one command, and the house right after it."""

    at: datetime  # local
    command: str
    exit: int
    row: Mapping[str, Any]  # the run's JSON object
    said: str  # what it printed
    gauges: tuple[str, ...]  # the scenario's own columns
    sun_w: float  # what the panels offer, whether or not somebody takes it
    load_w: float
    grid_w: float
    battery_w: float
    soc_pct: float | None
    dark: bool

    @property
    def acted(self) -> bool:
        """Whether something was really changed, or tried."""
        return any(action["outcome"] not in ("unchanged", "dry-run") for action in self.row.get("actions", ()))

    @property
    def moved(self) -> bool:
        """Whether something in the house was changed; mails and tokens are none of it."""
        actions = self.row.get("actions", ())
        return any(one["outcome"] in ("done", "pending") and one["action"] not in ("mail", "token") for one in actions)


@dataclass
class Day:
    """What came of a day."""

    scenario: Scenario
    seed: Seed
    energies: Energies
    preventable_min: float = 0.0
    exits: Counter[int] = field(default_factory=Counter)
    counters: dict[str, dict[str, int]] = field(default_factory=dict)  # emulator → what it counted
    without: dict[str, Energies] = field(default_factory=dict)
    figures: dict[str, dict[str, float]] = field(default_factory=dict)  # the scenario's own, by column
    troubles: int = 0
    kept: list[Path] = field(default_factory=list)  # the mails and the report's page, as files
    changed: Ran | None = None  # the last run that changed something in the house

    @property
    def runs(self) -> int:
        return sum(self.exits.values())

    def to_json(self) -> dict[str, Any]:
        """Return the day's figures, rounded to what matters."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "runs": self.runs,
            "exits": {str(code): count for code, count in sorted(self.exits.items())},
            "troubles": self.troubles,
            "preventable_min": round(self.preventable_min),
            "with_solarctl": _figures(self.energies) | self._own("with solarctl"),
            "without_solarctl": {name: _figures(sums) | self._own(name) for name, sums in self.without.items()},
            "services": self.counters,
        }

    def _own(self, column: str) -> dict[str, float]:
        return {key: round(value, 2) for key, value in self.figures.get(column, {}).items()}


class View(Protocol):
    """Shows a day as it passes."""

    def opened(self, home: Home, seed: Seed) -> None: ...

    def ran(self, ran: Ran) -> None: ...

    def upset(self, at: datetime, trouble: Trouble, *, began: bool) -> None: ...

    def closed(self, day: Day) -> None: ...

    def ended(self) -> None:
        """Clean up; also called when the day was broken off."""


class Player:
    """Plays one day of a scenario in a folder."""

    def __init__(
        self,
        scenario: Scenario,
        seed: Seed,
        folder: Path,
        execute: Execute,
        view: View,
        *,
        dry_run: bool = False,
        keep: bool = False,
    ) -> None:
        self._scenario = scenario
        self._seed = seed
        self._folder = folder
        self._execute = execute
        self._view = view
        self._dry_run = dry_run
        self._keep = keep
        self._clock = DrivenClock(scenario.start)
        self._services: list[Service] = []

    def play(self, furnish: Callable[[Path, Home], Path], *, chaos: bool = False) -> Day:
        """Live the day; `furnish` writes the config. Return what came of it."""
        try:
            return self._play(furnish, chaos=chaos)
        finally:
            self._view.ended()

    def _play(self, furnish: Callable[[Path, Home], Path], *, chaos: bool) -> Day:
        scenario, zone = self._scenario, self._scenario.start.tzinfo
        with scenario.open(self._clock, self._seed) as home, ExitStack() as kept_running:
            config = furnish(self._folder, home)
            where = ["--config", str(config), "--state-dir", str(self._folder / "state")]
            how = [*where, "--dry-run"] if self._dry_run else where
            self._services = [
                kept_running.enter_context(Service([*words, *how], self._execute, self._clock))
                for words in scenario.services
            ]
            self._view.opened(home, self._seed)
            upsets = Chaos(home.emulators if chaos else (), scenario.start, scenario.end, self._seed)
            day = Day(scenario, self._seed, scenario.sums(home.house), troubles=len(upsets.troubles))
            for at, job in runs(parse(scenario.crontab).ours, scenario.start, scenario.end):
                self._let_pass(home, upsets, at)
                stopped = upsets.stopped(self._clock.now())
                ran = self._run(home, job, config, at.astimezone(zone))
                day.exits[ran.exit] += 1
                if home.watch is not None:
                    home.watch.run_over(job.name, self._clock.now(), stopped | upsets.stopped(self._clock.now()))
                if ran.moved:
                    day.changed = ran
                self._view.ran(ran)
            self._let_pass(home, upsets, scenario.end)
            day.energies = scenario.sums(home.house)
            day.figures["with solarctl"] = {one.key: one.of(home.house) for one in scenario.figures}
            day.preventable_min = home.watch.preventable_min if home.watch is not None else 0.0
            if self._keep:
                day.kept = self._keepsakes(home, config)
            day.counters = {one.name: counted for one in home.emulators if (counted := one.counters())}
        for name, prepare in scenario.without.items():
            alone = scenario.alone(self._seed, prepare)
            day.without[name] = scenario.sums(alone)
            day.figures[name] = {one.key: one.of(alone) for one in scenario.figures}
        self._view.closed(day)
        return day

    def _keepsakes(self, home: Home, config: Path) -> list[Path]:
        """Write the day's mails and its report into the folder."""
        found = keep_mails(self._folder, home)
        page = self._folder / "report.html"
        words = ["report", "day", f"{self._scenario.start:%Y-%m-%d}", "-o", str(page), "-q"]
        told = io.StringIO()
        environment = Environment(self._clock, told, Quiet())
        self._execute([*words, "--config", str(config), "--state-dir", str(self._folder / "state")], environment)
        return [*found, page] if page.exists() else found

    def _let_pass(self, home: Home, upsets: Chaos, until: datetime) -> None:
        """Let house, services and chaos live until the next run; one that took longer has let time pass itself."""
        while (change := upsets.next_change()) is not None and change <= until:
            self._serve(home, change)
            began, ended = upsets.move_to(max(change, self._clock.now()))
            for trouble in began:
                self._view.upset(trouble.start.astimezone(self._scenario.start.tzinfo), trouble, began=True)
            for trouble in ended:
                self._view.upset(trouble.end.astimezone(self._scenario.start.tzinfo), trouble, began=False)
        self._serve(home, until)

    def _serve(self, home: Home, until: datetime) -> None:
        """Let time pass until then, and each service do what it does whenever it wakes."""
        while (next_one := min(self._services, key=lambda one: one.wakes_at, default=None)) is not None:
            if next_one.wakes_at > until:
                break
            self._clock.move_to(next_one.wakes_at)
            home.catch_up()
            home.settle_messages()
            next_one.take_its_turn()
            home.settle_messages()
        self._clock.move_to(until)
        home.catch_up()

    def _run(self, home: Home, job: Job, config: Path, at: datetime) -> Ran:
        out, err, found = io.StringIO(), Quiet(), list[Run]()
        environment = Environment(self._clock, out, err, found.append)
        words = [*job.argv, "--config", str(config), "--state-dir", str(self._folder / "state")]
        code = self._execute([*words, "--dry-run"] if self._dry_run else words, environment)
        for run in found:
            run.context.hang_up()  # a process of its own would end here, and its connections with it
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt
        if code == Exit.TERMINATED:
            raise Interrupted
        home.catch_up()
        house = home.house
        return Ran(
            at=at,
            command=job.name,
            exit=code,
            row=found[-1].to_json() if found else {},
            said=(out.getvalue() + err.getvalue()).strip(),
            gauges=tuple(text(home) for _heading, text in home.scenario.gauges),
            sun_w=house.solar_w + house.curtailed_w,
            load_w=house.load_w,
            grid_w=house.grid_w,
            battery_w=house.battery_w,
            soc_pct=house.soc_pct,
            dark=house.dark,
        )


def _figures(sums: Energies) -> dict[str, float]:
    return {
        "import_kwh": round(sums.import_kwh, 2),
        "dear_import_kwh": round(sums.dear_import_kwh, 2),
        "export_kwh": round(sums.export_kwh, 2),
        "solar_kwh": round(sums.solar_kwh, 2),
        "load_kwh": round(sums.load_kwh, 2),
        "unserved_kwh": round(sums.unserved_kwh, 2),
        "dark_min": round(sums.dark_min),
    }

"""One run: read the house, decide, act, record.

A command introduces devices to a rule and hands the decision to `conclude`, which carries it out, keeps in
memory what really happened, and writes it down. Trouble is gathered on the way and becomes the exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from solarctl.clock import TimeBudget
from solarctl.config import Config, find_path, find_state_dir
from solarctl.context import Clock, Context
from solarctl.decision import Action, Carried, Decision, Outcome, SendMail
from solarctl.errors import DeviceError, DeviceUnreachable, Exit, SolarctlError, StateError
from solarctl.explain import describe, error_json
from solarctl.findings import Findings
from solarctl.history import History
from solarctl.memory import decode, encode
from solarctl.notes import Note
from solarctl.options import Options, moment
from solarctl.readings import Reading, to_json
from solarctl.site import Site
from solarctl.state import StateFile

T = TypeVar("T")
R = TypeVar("R", bound=Reading)
M = TypeVar("M")


class Run(Findings):
    """What a command works with. Opening one reads config.toml, nothing else."""

    def __init__(
        self, command: str, options: Options, clock: Clock, log: Callable[[str], None] = lambda _: None
    ) -> None:
        self.command = command
        self.options = options
        self.clock = clock
        self.log = log
        self.config = Config.load(find_path(options.config))
        self.started_at = clock.now()
        self.started_s = clock.monotonic()
        self.state_dir = find_state_dir(options.state_dir, self.config.site)
        self.state = StateFile(self.state_dir, clock, timezone=self.config.timezone)
        self.history = History(self.state_dir, clock, self.config.timezone)
        self.what_if = moment(options.now, self.config.timezone) if options.now else None
        self.dry_run = options.dry_run or self.what_if is not None
        self.store = self.state.store(dry_run=self.dry_run)
        self.budget = TimeBudget(clock, self.config.site.budget_s)
        self.site = Site(self.config, self._context)
        self.context = self.site.context
        super().__init__()
        self.supply_first = False  # go on with empty memory when the state cannot be read
        self.pausable = True  # a rule, which a pause holds back
        self.last_error: SolarctlError | None = None  # why the latest `read` gave nothing
        self.mailer: Callable[[SendMail], bool] | None = None
        self.concluded: list[tuple[Decision[Any], list[Carried]]] = []
        self.trouble_is_news = True  # whether -q prints it
        self.notes: list[Note] = []  # what is mailed as it happens
        self._readings: list[tuple[str, Reading]] = []
        self._known: dict[tuple[str, type], Reading] = {}

    def _context(self, site: Site) -> Context:
        where = self.config.site
        return Context(
            clock=self.clock,
            budget=self.budget,
            store=self.store,
            tokens=self.state.tokens,
            timezone=self.config.timezone,
            account=site.account,
            site={
                "latitude": where.latitude,
                "longitude": where.longitude,
                "temperature_unit": where.temperature_unit,
                "timezone": where.timezone,
                "config_dir": self.config.folder,
            },
            cache_dir=self.state_dir / "cache",
            log=self.log,
        )

    # --- what a rule is told

    @property
    def now(self) -> datetime:
        """The moment the rule decides for, in the site's zone: `--now`, or the real one."""
        return self.what_if or self.clock.now().astimezone(self.config.timezone)

    def settings(self, cls: type[T], table: str = "", *, required: bool = True) -> T:
        """Return a table of the config (the command's own by default) as `cls`."""
        return self.config.table(table or self.command, cls, required=required and not table)

    def memory(self, cls: type[M], command: str = "") -> M:
        """Return what a command remembers; a fresh one when there is none or it no longer fits."""
        stored = self._state_section("memory").get(command or self.command)
        if stored is None:
            return cls()
        found = decode(cls, stored)
        if found is None:
            self.warn(f"what {command or self.command} remembered no longer fits and was dropped")
            return cls()
        return found

    @property
    def bookkeeping_works(self) -> bool:
        """Whether state could be read so far; a rule may not wait for what it cannot note down."""
        return not any(isinstance(error, StateError) for error in self.errors)

    def _state_section(self, name: str) -> Any:
        try:
            section = self.state.read().get(name, {})
        except StateError as error:
            if not self.supply_first:
                raise
            self.note(error)
            return {}
        return section

    def read(self, device: str, ask: Callable[[], R]) -> R | None:
        """Return a device's answer, or None after noting the trouble.

        With `--now` it counts as fresh: it bears the moment that is asked about.
        """
        try:
            reading = ask()
        except (DeviceError, StateError) as error:
            self.note(error)
            self.last_error = error
            return None
        self._readings.append((device, reading))
        self._known[(device, type(reading))] = reading
        return replace(reading, at=self.now) if self.what_if else reading

    def known(self, device: str, kind: type[R]) -> R | None:
        """Return what a device said in this very run, if it was asked."""
        found = self._known.get((device, kind))
        return found if isinstance(found, kind) else None

    # --- what comes out

    def conclude(
        self,
        decision: Decision[M],
        remember: Callable[[M, Sequence[Carried]], M] | None = None,
    ) -> list[Carried]:
        """Carry a decision out, keep in memory what really happened, and record it."""
        paused = self.paused()
        dry_run = self.dry_run or paused is not None
        carried: list[Carried] = []
        try:
            for action in decision.actions:
                carried.append(self._carry_out(action, dry_run=dry_run))
        finally:
            if not dry_run:
                self._remember(decision, remember, carried)
            if not dry_run:
                self.concluded.append((decision, carried))
            because = f"{paused} {decision.because}" if paused else decision.because
            self._record(replace(decision, because=because), carried, dry_run=dry_run)
        return carried

    def _carry_out(self, action: Action, *, dry_run: bool) -> Carried:
        try:
            if isinstance(action, SendMail):
                outcome = self._send(action, dry_run=dry_run)
            else:
                outcome = self.site.carry_out(action, self.known, self.note, dry_run=dry_run)
        except (DeviceError, StateError) as error:
            self.note(error)
            outcome = Outcome.FAILED
        return Carried(action, outcome, self.now)

    def _send(self, action: SendMail, *, dry_run: bool) -> Outcome:
        if dry_run or self.mailer is None:
            return Outcome.DRY_RUN if dry_run else Outcome.UNCHANGED
        return Outcome.DONE if self.mailer(action) else Outcome.PENDING

    def _remember(
        self,
        decision: Decision[M],
        remember: Callable[[M, Sequence[Carried]], M] | None,
        carried: Sequence[Carried],
    ) -> None:
        memory = decision.memory
        if memory is not None and remember is not None:
            memory = remember(memory, carried)
        try:
            if memory is not None:
                with self.state.transaction() as state:
                    state.setdefault("memory", {})[self.command] = encode(memory)
            self.store.flush()
        except StateError as error:
            self.note(error)

    def _record(self, decision: Decision[Any], carried: Sequence[Carried], *, dry_run: bool) -> None:
        expected = [e for e in self.errors if isinstance(e, DeviceUnreachable) and e.expected]
        silence_is_fine = bool(expected) and len(expected) == len(self.errors)
        code = Exit.OK if decision.exit_code == Exit.TRY_AGAIN and silence_is_fine else decision.exit_code
        self.codes.append(code)
        row = {
            "command": self.command,
            "at": self.now.isoformat(timespec="seconds"),
            "reason": str(decision.reason),
            "because": decision.because,
            "dry_run": dry_run,
            "exit": self.exit_code,
            "readings": [to_json(device, reading) for device, reading in self._readings],
            "actions": [one.to_json() for one in carried],
            "errors": [error_json(error) for error in self.errors],
            "took_s": round(self.clock.monotonic() - self.started_s, 2),
        } | decision.details
        if not dry_run:
            self.record(row)
        self.rows.append(row | {"exit": self.exit_code, "errors": [error_json(error) for error in self.errors]})
        if self.on_text:
            self.on_text(describe(self.rows[-1]))

    def record(self, row: dict[str, Any], *, kind: str = "decision") -> None:
        """Append a row to the history journal; trouble with it is noted, nothing more."""
        try:
            self.history.append({"kind": kind} | row)
        except StateError as error:
            self.note(error)

    def next_tick(self) -> None:
        """Forget this tick's readings and errors, and start a new time budget; for commands with a loop."""
        self._readings.clear()
        self._known.clear()
        self.errors.clear()
        self.codes.clear()
        self.started_s = self.clock.monotonic()
        self.context.shared.pop("answers", None)
        self.budget.restart()

    def paused(self) -> str | None:
        """Return the sentence that says a pause is on for this command, or None."""
        if not self.pausable:
            return None
        pauses = self._state_section("pause")
        for name in (self.command, "*"):
            pause = pauses.get(name)
            if pause is None:
                continue
            until = datetime.fromisoformat(pause["until"]) if pause.get("until") else None
            if until is None or self.now < until:
                when = f"until {until.astimezone(self.config.timezone):%Y-%m-%d %H:%M}" if until else "until `resume`"
                return f"Paused {when}: nothing is done."
        return None

    def to_json(self) -> dict[str, Any]:
        """Return the run's one JSON object."""
        base: dict[str, Any] = {
            "command": self.command,
            "at": self.now.isoformat(timespec="seconds"),
            "reason": None,
            "because": None,
            "dry_run": self.dry_run,
            "readings": [to_json(device, reading) for device, reading in self._readings],
            "actions": [],
        }
        return base | self.result() | {"took_s": round(self.clock.monotonic() - self.started_s, 2)}

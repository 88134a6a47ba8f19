"""One run: read the house, decide, act, record.

A command introduces devices to a rule and hands the decision to `conclude`, which carries it out, keeps in
memory what really happened, and writes it down. Trouble is gathered on the way and becomes the exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from solarctl.errors import DeviceError, DeviceUnreachable, Exit, SolarctlError, StateError, StateLost
from solarctl.opening import Opening

if TYPE_CHECKING:
    from solarctl.context import Clock
    from solarctl.decision import Carried, Decision, SendMail
    from solarctl.notes import Note
    from solarctl.options import Options
    from solarctl.readings import Reading

R = TypeVar("R", bound="Reading")
M = TypeVar("M")


class Run(Opening):
    """What a command works with. Opening one reads config.toml, nothing else."""

    def __init__(
        self, command: str, options: Options, clock: Clock, log: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__(command, options, clock, log)
        self.supply_first = False  # go on with empty memory when the state cannot be read
        self.pausable = True  # a rule, which a pause holds back
        self.last_error: SolarctlError | None = None  # why the latest `read` gave nothing
        self.mailer: Callable[[SendMail], bool] | None = None
        self.concluded: list[tuple[Decision[Any], list[Carried]]] = []
        self.trouble_is_news = True  # whether -q prints it
        self.in_the_dark = False  # exit 0 by a rule for silence: no recovery, and after half an hour it is mailed
        self.notes: list[Note] = []  # what is mailed as it happens
        self.recorded = False  # whether history has a row of this run
        self.readings: list[tuple[str, Reading]] = []
        self._known: dict[tuple[str, type], Reading] = {}

    # --- what a rule is told

    def memory(self, cls: type[M], command: str = "") -> M:
        """Return what a command remembers; a fresh one when there is none or it no longer fits."""
        stored = self._state_section("memory").get(command or self.command)
        if stored is None:
            return cls()
        from solarctl.memory import decode

        found = decode(cls, stored)
        if found is None:
            self.warn(f"what {command or self.command} remembered no longer fits and was dropped")
            return cls()
        return found

    @property
    def bookkeeping_works(self) -> bool:
        """Whether state could be read so far; a rule may not wait for what it cannot note down."""
        return not any(isinstance(error, StateError) and not isinstance(error, StateLost) for error in self.errors)

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
        self.readings.append((device, reading))
        self._known[(device, type(reading))] = reading
        return replace(reading, at=self.now) if self.what_if else reading

    def excuse_silence(self) -> None:
        """Take the silence so far as provided for by the owner: exit 0, though the house is not seen."""
        self.in_the_dark = True
        for error in self.errors:
            if isinstance(error, DeviceUnreachable):
                error.excuse()

    @property
    def trouble_code(self) -> int:
        """What the run's trouble is judged by: a house that is not seen is trouble, whatever was provided for."""
        return int(Exit.TRY_AGAIN) if self.in_the_dark and not self.exit_code else self.exit_code

    def known(self, device: str, kind: type[R]) -> R | None:
        """Return what a device said in this very run, if it was asked."""
        found = self._known.get((device, kind))
        return found if isinstance(found, kind) else None

    # --- what comes out

    def conclude(
        self, decision: Decision[M], remember: Callable[[M, Sequence[Carried]], M] | None = None
    ) -> list[Carried]:
        """Carry a decision out, keep in memory what really happened, and record it."""
        from solarctl.acting import conclude

        return conclude(self, decision, remember)

    def record(self, row: dict[str, Any], *, kind: str = "decision") -> None:
        """Append a row to the history journal; trouble with it is noted, nothing more."""
        self.recorded = True
        try:
            self.history.append({"kind": kind} | row)
        except StateError as error:
            self.note(error)

    def fold_history(self) -> None:
        """Fold finished journals into the database before reading much of them; trouble with that is only said."""
        if self.dry_run:
            return
        try:
            self.history.fold()
        except StateError as error:
            self.warn(str(error))

    def next_tick(self) -> None:
        """Forget this tick's readings and errors, and start a new time budget; for commands with a loop."""
        self.readings.clear()
        self._known.clear()
        self.errors.clear()
        self.codes.clear()
        self.started_s = self.clock.monotonic()
        self.context.shared.pop("answers", None)
        self.budget.restart()

    def paused(self, command: str = "") -> str | None:
        """Return the sentence that says a pause is on for this command, or another one; or None."""
        if not self.pausable:
            return None
        pauses = self._state_section("pause")
        for name in (command or self.command, "*"):
            pause = pauses.get(name)
            if pause is None:
                continue
            until = _end_of(pause.get("until"))
            if until is None or self.now < until:
                when = f"until {until.astimezone(self.config.timezone):%Y-%m-%d %H:%M}" if until else "until `resume`"
                return f"Paused {when}: nothing is done."
        return None

    def readings_json(self) -> list[dict[str, Any]]:
        """Return what was read so far, as the contract prints it."""
        if not self.readings:
            return []
        from solarctl.readings import to_json

        return [to_json(device, reading) for device, reading in self.readings]

    def to_json(self) -> dict[str, Any]:
        """Return the run's one JSON object."""
        base: dict[str, Any] = {
            "command": self.command,
            "at": self.now.isoformat(timespec="seconds"),
            "reason": None,
            "because": None,
            "dry_run": self.dry_run,
            "readings": self.readings_json(),
            "actions": [],
        }
        return base | self.result() | {"took_s": round(self.clock.monotonic() - self.started_s, 2)}


def _end_of(text: Any) -> datetime | None:
    """Return the end of a pause; None without one, and for what is no moment: then it lasts until `resume`."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None

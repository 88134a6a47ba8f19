"""One run of setup: imports, questions, files, and a last look at what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from solarctl.config import find_path, find_state_dir
from solarctl.context import Clock
from solarctl.errors import SolarctlError, StateError, worst
from solarctl.explain import error_json
from solarctl.onboarding.dialogue import Answers, Terminal
from solarctl.onboarding.draft import Draft
from solarctl.onboarding.imported import merged, read_file
from solarctl.onboarding.wizard import Wizard, find_steps
from solarctl.options import Options
from solarctl.output import common_json
from solarctl.readings import to_json
from solarctl.state import StateFile


class Session:
    """What `solarctl setup` does with a config path, a clock and somebody who answers."""

    def __init__(
        self,
        options: Options,
        clock: Clock,
        say: Callable[[str], None],
        log: Callable[[str], None],
        urge: Callable[[str], None] | None = None,
    ) -> None:
        self._options = options
        self._urge = urge or say
        self._clock = clock
        self._say = say
        self._log = log
        self._started_s = clock.monotonic()
        self._path = find_path(options.config)
        self._wizard: Wizard | None = None
        self._written: list[Path] = []
        self._errors: list[SolarctlError] = []

    def run(self, imports: Sequence[Path], answers: Mapping[str, Any] | None) -> int:
        """Ask, try, write; return the exit code."""
        known: dict[str, Any] = {}
        memory: dict[str, Any] = {}
        for path in imports:
            found = read_file(path)
            known, memory = merged(known, found.answers), memory | found.memory
            self._say(f"{path}: taken over.")
            for note in found.notes:
                self._say(f"  {note}")
        draft = Draft(self._path)
        state_dir = find_state_dir(self._options.state_dir, None)
        if draft.old_text:
            self._say(f"{self._path} is extended; what is in it stays.")
        dialogue = Terminal(known) if answers is None else Answers(merged(known, answers))
        self._wizard = wizard = Wizard(draft, dialogue, state_dir, self._clock, self._say, self._log, self._urge)
        wizard.run(find_steps())
        self._errors += wizard.troubles
        self._write(wizard, memory)
        return worst([error.exit_code for error in self._errors])

    def _write(self, wizard: Wizard, memory: Mapping[str, Any]) -> None:
        draft = wizard.draft
        text = draft.text()
        if text == draft.old_text and not draft.secrets:
            self._say("\nNothing to add.")
            return
        if self._options.dry_run:
            self._say(f"\nThis would be {self._path}:\n\n{text}")
            return
        if not wizard.confirm("setup.write", f"\nWrite {self._path}?", default=True):
            self._say("Nothing was written.")
            return
        self._written = draft.write()
        for path in self._written:
            self._say(f"  wrote {path}")
        self._remember(wizard.state_dir, memory)
        self._say("\nTry it, changing nothing:  solarctl check --online   and   solarctl COMMAND --dry-run")

    def _remember(self, state_dir: Path, memory: Mapping[str, Any]) -> None:
        """Put what an import knows of today into the state, where nothing is yet."""
        today = {name: value for name, value in memory.items() if value.get("day") == str(self._today())}
        if not today:
            return
        try:
            with StateFile(state_dir, self._clock).transaction() as state:
                for name, value in today.items():
                    state.setdefault("memory", {}).setdefault(name, value)
        except StateError as error:
            self._errors.append(error)

    def _today(self) -> date:
        assert self._wizard is not None
        return self._clock.now().astimezone(self._wizard.draft.config().timezone).date()

    def to_json(self, code: int) -> dict[str, Any]:
        """Return what was done as one object."""
        readings = self._wizard.readings if self._wizard else {}
        at = self._clock.now()
        if self._wizard:
            at = at.astimezone(self._wizard.draft.config().timezone)
        took_s = self._clock.monotonic() - self._started_s
        return common_json("setup", at, code, dry_run=self._options.dry_run, took_s=took_s) | {
            "config": str(self._path),
            "written": [str(path) for path in self._written],
            "tables": [".".join(path) for path in (self._wizard.draft.tables if self._wizard else ())],
            "readings": [to_json(name, one) for name, found in readings.items() for one in found],
            "errors": [error_json(error) for error in self._errors],
        }

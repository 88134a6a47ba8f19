"""What a run came to: errors, warnings, sentences, decided rows, and the exit code that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from solarctl.errors import Exit, SolarctlError, worst


class Findings:
    """Gathers what a run finds on the way; commands add to it, output and aftermath read it."""

    def __init__(self) -> None:
        self.errors: list[SolarctlError] = []
        self.warnings: list[str] = []
        self.rows: list[dict[str, Any]] = []  # concluded decisions, newest last
        self.answers: dict[str, Any] = {}  # further keys of the JSON object
        self.texts: list[str] = []  # sentences for a person
        self.codes: list[int] = []
        self.on_row: Callable[[dict[str, Any]], None] | None = None  # told each row as it falls, in loops with --json
        self.streamed = False  # rows were printed as they fell; the run prints no object of its own unless it failed
        self.out: TextIO | None = None  # for what is drawn there rather than told
        self.on_text: Callable[[str], None] | None = None  # told each text as it falls

    def note(self, error: SolarctlError) -> None:
        """Remember trouble for the exit code and for the person."""
        if not any(type(e) is type(error) and str(e) == str(error) for e in self.errors):
            self.errors.append(error)

    def warn(self, text: str) -> None:
        """Say something on stderr that is no error."""
        if text not in self.warnings:
            self.warnings.append(text)

    def say(self, text: str) -> None:
        """Add a sentence to what a person reads."""
        self.texts.append(text)
        if self.on_text:
            self.on_text(text)

    def answer(self, values: dict[str, Any], text: str = "", *, exit_code: int = Exit.OK) -> None:
        """Conclude a command that is no rule: further keys of the JSON object, and the text for a person."""
        self.answers |= values
        self.codes.append(exit_code)
        if text:
            self.say(text)

    def add_row(self, row: dict[str, Any]) -> None:
        """Add a concluded decision, and tell whoever watches."""
        self.rows.append(row)
        if self.on_text:
            from solarctl.explain import describe

            self.on_text(describe(row))

    @property
    def exit_code(self) -> int:
        """What the run exits with as things stand."""
        return int(worst([*self.codes, *(error.exit_code for error in self.errors)]))

    def result(self) -> dict[str, Any]:
        """Return the last decision, the answers and the errors as keys of the JSON object."""
        from solarctl.explain import error_json

        last = self.rows[-1] if self.rows else {}
        return last | self.answers | {"exit": self.exit_code, "errors": [error_json(error) for error in self.errors]}

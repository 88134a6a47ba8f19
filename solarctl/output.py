"""What a run prints: sentences on stdout, trouble on stderr, or exactly one JSON object."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from solarctl import log
from solarctl.errors import ConfigError, DeviceUnreachable, SolarctlError, StateError, spelt_out
from solarctl.explain import error_json
from solarctl.options import Options
from solarctl.run import Run


class Screen:
    """Standard output that may fail: closed, full, or read no further. A run goes on all the same."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.failure: OSError | ValueError | None = None

    def say(self, text: str) -> None:
        """Print a line; the first failure is kept, and nothing is printed after it."""
        if self.failure is not None:
            return
        try:
            print(spelt_out(text), file=self.stream, flush=True)
        except (OSError, ValueError) as error:
            self.failure = error
            discard(self.stream)

    @property
    def trouble(self) -> StateError | None:
        """What a person must hear of; a reader that has had enough is none."""
        if self.failure is None or isinstance(self.failure, BrokenPipeError):
            return None
        return StateError(f"the output could not be written ({self.failure})")


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream leads to a person; one that was closed is None."""
    return stream is not None and stream.isatty()


def discard(stream: TextIO) -> None:
    """Let what is still to be written go nowhere, so that Python's own end does not complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_run(run: Run, screen: Screen, err: TextIO) -> None:
    """Print a run that is over; its sentences were printed as they fell, unless quiet or JSON."""
    on_stderr = not run.options.json and (run.trouble_is_news or not run.options.quiet)
    told = run.streamed and not run.errors and bool(run.rows) and run.rows[-1]["exit"] == run.exit_code
    if run.options.json and not told:
        screen.say(as_json(run.to_json(), screen.stream))
    if on_stderr:
        for notice in run.warnings:
            print(spelt_out(f"solarctl: {notice}"), file=err)
        if run.options.quiet and run.trouble_code and not run.errors and run.rows:
            print(spelt_out(f"solarctl: {run.command}: {run.rows[-1]['because']}"), file=err)
    expected = [error for error in run.errors if isinstance(error, DeviceUnreachable) and error.expected]
    silenced = (
        expected if run.options.quiet and not run.in_the_dark else []
    )  # a silence that belongs to the device's life is no trouble
    log.trouble(run.command, [error for error in run.errors if error not in silenced], on_stderr=on_stderr)


def show_failure(command: str, error: SolarctlError, options: Options, out: TextIO, at: datetime) -> int:
    """Print a command that could not even start, and return its exit code."""
    if options.json:
        print_json(failure_json(command, error, at), out)
    log.trouble(command, [error], on_stderr=not options.json)
    return int(error.exit_code)


def failure_json(command: str, error: SolarctlError, at: datetime) -> dict[str, Any]:
    """Return the JSON object of a command that could not start."""
    problems = {"problems": [asdict(one) for one in error.problems]} if isinstance(error, ConfigError) else {}
    common = common_json(command, at.astimezone(), error.exit_code, dry_run=False, took_s=0.0)
    return problems | common | {"errors": [error_json(error)]}


def common_json(command: str, at: datetime, code: int, *, dry_run: bool, took_s: float) -> dict[str, Any]:
    """Return the keys that every command's object has; `at` is in the site's zone."""
    return {
        "command": command,
        "at": at.isoformat(timespec="seconds"),
        "reason": None,
        "because": None,
        "dry_run": dry_run,
        "exit": int(code),
        "readings": [],
        "actions": [],
        "errors": [],
        "took_s": round(took_s, 2),
    }


def print_json(value: dict[str, Any], out: TextIO) -> None:
    """Print one object on one line."""
    Screen(out).say(as_json(value, out))


def as_json(value: dict[str, Any], out: TextIO) -> str:
    """Return one object on one line; moments as ISO 8601, and letters that the stream and any terminal can carry."""
    import json

    wide = (getattr(out, "encoding", None) or "utf-8").lower().startswith("utf")
    text = json.dumps(value, ensure_ascii=not wide, default=_plain)
    return text if text.isprintable() else json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")

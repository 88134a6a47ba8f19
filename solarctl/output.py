"""What a run prints: sentences on stdout, trouble on stderr, or exactly one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from solarctl import log
from solarctl.errors import ConfigError, DeviceUnreachable, SolarctlError
from solarctl.explain import error_json
from solarctl.options import Options
from solarctl.run import Run


def show_run(run: Run, out: TextIO, err: TextIO) -> None:
    """Print a run that is over; its sentences were printed as they fell, unless quiet or JSON."""
    on_stderr = not run.options.json and (run.trouble_is_news or not run.options.quiet)
    if run.options.json and not (run.streamed and not run.errors):
        print_json(run.to_json(), out)
    if on_stderr:
        for notice in run.warnings:
            print(f"solarctl: {notice}", file=err)
        if run.options.quiet and run.exit_code and not run.errors and run.rows:
            print(f"solarctl: {run.command}: {run.rows[-1]['because']}", file=err)
    expected = [error for error in run.errors if isinstance(error, DeviceUnreachable) and error.expected]
    silenced = expected if run.options.quiet else []  # a silence that belongs to the device's life is no trouble
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
    return problems | {
        "command": command,
        "at": at.astimezone().isoformat(timespec="seconds"),
        "reason": None,
        "because": None,
        "dry_run": False,
        "exit": int(error.exit_code),
        "readings": [],
        "actions": [],
        "errors": [error_json(error)],
        "took_s": 0.0,
    }


def print_json(value: dict[str, Any], out: TextIO) -> None:
    """Print one object on one line; moments as ISO 8601."""
    print(json.dumps(value, ensure_ascii=False, default=_plain), file=out, flush=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")

"""`check`: everything that can be known to be wrong before it goes wrong at night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import click

from solarctl.cli_options import site_command
from solarctl.errors import Exit, Problem, StateError
from solarctl.inspection import inspect
from solarctl.run import Run


@site_command("check", rule=False)
@click.option("--online", is_flag=True, help="Talk to each device, too.")
def command(run: Run, online: bool) -> None:
    """Find mistakes in the config and its surroundings."""
    shown: list[Problem] = []
    if online:
        from solarctl.commands.check_online import ask_all

        shown = ask_all(run)  # before the rest, which then knows what kind of device answers
    problems = [*inspect(run.config, run.state_dir, lambda name: _learned(run, name)), *shown]
    errors = sum(problem.severity == "error" for problem in problems)
    code = Exit.CONFIG if errors else Exit.OK
    text = "\n".join(told(problems)) or _verdict(run)
    if problems:
        text += f"\n{summary(problems)}"
    run.answer({"problems": [problem_json(problem) for problem in problems]}, text, exit_code=code)


def _learned(run: Run, name: str) -> Mapping[str, Any]:
    """Return what a driver has stored of its device; a state that cannot be read is told by who needs it."""
    try:
        return run.store.get("devices", name)
    except StateError:
        return {}


def _verdict(run: Run) -> str:
    return (
        f"{run.config.path} is right, but not every device answered."
        if run.errors
        else f"All is well in {run.config.path}."
    )


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as one object of the contract's `problems[]`."""
    return asdict(problem)


def summary(problems: Sequence[Problem]) -> str:
    """Return how many problems there are.

    >>> summary([Problem("a", "b")])
    '1 error, 0 warnings.'
    """
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    return f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}."


def told(problems: Sequence[Problem]) -> list[str]:
    """Return the problems as lines; one that several lines of a file have is told once.

    >>> told([Problem("crontab", "cron will not find it", line=number) for number in (7, 8, 9, 11)])
    ['error: lines 7–9, 11, crontab: cron will not find it']
    """
    found: dict[Problem, list[int]] = {}
    for problem in problems:
        found.setdefault(replace(problem, line=None), []).extend([problem.line] if problem.line else [])
    said = []
    for problem, numbers in found.items():
        where = f"line{'s' * (len(numbers) > 1)} {_spans(numbers)}, {problem.path}" if numbers else problem.path
        hint = f" — {problem.hint}" if problem.hint else ""
        said.append(f"{problem.severity}: {f'{where}: ' if where else ''}{problem.message}{hint}")
    return said


def _spans(numbers: Sequence[int]) -> str:
    """Return numbers as a person lists them.

    >>> _spans([7, 8, 9, 11])
    '7–9, 11'
    """
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(f"{one[0]}–{one[-1]}" if len(one) > 1 else f"{one[0]}" for one in spans)

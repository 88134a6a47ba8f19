"""`history export` and `history import`: all that was recorded, as text, one JSON object a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from solarctl.cli_options import site_command
from solarctl.disk import refused
from solarctl.errors import UsageError
from solarctl.run import Run

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
STREAM = Path("-")


@click.group("history")
def group() -> None:
    """Export what was recorded as text, or import it."""


@group.add_command
@site_command("history export", rule=False)
@FILE
def export(run: Run, file: Path) -> None:
    """Write readings and decisions into FILE, which must be new (- is stdout): a JSON object on each line.

    Old readings are means, and of old decisions only those that differ are kept; see [history] in the config.
    """
    if file == STREAM and run.options.json:
        raise UsageError("the lines are JSON themselves", hint="Name a file, or leave --json out.")
    if file != STREAM and file.exists():
        raise UsageError(f"{file} is there already", hint="Name a new file.")
    run.fold_history()
    lines = run.history.export()
    if run.dry_run:
        count = sum(1 for _line in lines)
    elif file == STREAM:
        count = _print(lines)
    else:
        count = _write(file, lines)
    _say_notices(run)
    verb = "would be written" if run.dry_run else "written"
    run.answer(
        {"file": str(file), "lines": count},
        "" if file == STREAM and not run.dry_run else f"{_lines(count)} {verb} to {file}.",
    )


@group.add_command
@site_command("history import", rule=False)
@FILE
def import_(run: Run, file: Path) -> None:
    """Merge FILE (- is stdin), which `history export` has written, into history; what is known is not doubled."""
    count = run.history.import_(_read(file), keep=not run.dry_run)
    _say_notices(run)
    verb = "would be merged" if run.dry_run else "merged"
    run.answer({"file": str(file), "lines": count}, f"{_lines(count)} of {file} {verb} into history.")


def _lines(count: int) -> str:
    return f"{count} line{'' if count == 1 else 's'}"


def _say_notices(run: Run) -> None:
    for notice in run.history.notices:
        run.warn(notice)


def _print(lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        click.echo(line)
        count += 1
    return count


def _write(path: Path, lines: Iterable[str]) -> int:
    """Write a private file whole or not at all; return how many lines."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    count = 0
    try:
        beside.touch(mode=0o600)
        with beside.open("w", encoding="utf-8") as out:
            for line in lines:
                out.write(f"{line}\n")
                count += 1
        beside.replace(path)
    except OSError as error:
        raise refused(error, path, "written") from error
    finally:
        beside.unlink(missing_ok=True)
    return count


def _read(path: Path) -> Iterator[str]:
    if path == STREAM:
        yield from sys.stdin
        return
    try:
        with path.open(encoding="utf-8", errors="replace") as found:
            yield from found
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Name a file of `history export`.") from error

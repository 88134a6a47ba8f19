"""`crontab …`: the schedule; printed, installed, taken away, looked through, and what comes next."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from solarctl.cli_options import Finite, site_command
from solarctl.decision import Action, Decision
from solarctl.errors import ConfigError, Exit, StateError, UsageError
from solarctl.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solarctl.schedule.crontab import Crontab
    from solarctl.schedule.recommended import Line


class Reason(StrEnum):
    GIVEN_BACK = "given-back"


FILE = click.option(
    "--file", type=click.Path(path_type=Path, allow_dash=True), help="Look at this file (- is stdin), not at cron's."
)


@click.group("crontab")
def group() -> None:
    """Print, install and check the schedule, and see what comes next."""


@group.add_command
@site_command("crontab print", rule=False)
@click.option("--systemd", is_flag=True, help="As systemd services and timers.")
def print_(run: Run, systemd: bool) -> None:
    """Print the lines for the commands that the config has tables for."""
    from solarctl.schedule import printing
    from solarctl.schedule.recommended import lines
    from solarctl.schedule.thrift import affordable

    found = affordable(lines(run.config), run.config)
    _warn_of_quotas(run, found)
    where = printing.place(run)
    if systemd:
        from solarctl.schedule import timers

        budget_s = run.config.site.budget_s
        units = timers.units(found, where, state=run.state_dir, budget_s=budget_s)
        answer = {"units": [{"path": str(path), "text": text} for path, text in units]}
        run.answer(answer, timers.text(found, where, state=run.state_dir, budget_s=budget_s).rstrip("\n"))
        return
    text = printing.text(run.config, where)
    run.answer({"crontab": text}, text.rstrip("\n") or _nothing(run))


@group.add_command
@site_command("crontab install", rule=False)
def install(run: Run) -> None:
    """Put the lines into your crontab, as a marked block; every other line stays as it is."""
    from solarctl.schedule import installing, printing, zones
    from solarctl.schedule.crontab import parse

    text = printing.text(run.config, printing.place(run))
    if not text:
        raise UsageError(_nothing(run), hint="See config.toml.example, or type: solarctl setup")
    before = installing.read()
    _refuse_a_strangers(run, before, "its lines would be lost")
    after = installing.with_block(before, text, zone=str(zones.machine_zone()))
    changed = after != before
    if changed and not run.dry_run:
        installing.write(after)
        _note_since(run, installing.split(before).block or b"", text)
    jobs = len(parse(text).jobs)
    verb = ("would be installed" if run.dry_run else "installed") if changed else "are installed already"
    run.answer({"changed": changed and not run.dry_run, "crontab": text}, f"{jobs} lines {verb}.")
    if run.dry_run:
        run.say(text.rstrip("\n"))
    _warn_of_doubles(run, installing.without_block(before))
    from solarctl.schedule.recommended import lines
    from solarctl.schedule.thrift import affordable

    _warn_of_quotas(run, affordable(lines(run.config), run.config))


def _warn_of_quotas(run: Run, found: Sequence[Line]) -> None:
    """Say where even the slowest lines ask a cloud too often: there are too many devices in one account."""
    from solarctl.schedule.thrift import asked_too_often

    for one in asked_too_often(found, run.config):
        words = f"even so the schedule asks {one.whom} about {one.requests} times a day, and it gives {one.limit:.0f}"
        run.warn(f"{words}: spread its devices over several accounts, or let rules steer fewer of them")


def _refuse_a_strangers(run: Run, content: bytes, harm: str) -> None:
    """Raise where the block was written for another config."""
    from solarctl.config import find_path
    from solarctl.schedule import installing, whose

    own = run.config.path.absolute()
    other = whose.strangers_config(installing.split(content).block, own, find_path(None, {}))
    if other is not None:
        raise UsageError(
            f"the block in the crontab is that of {other}; {harm}",
            hint=f"To run both, put what `solarctl crontab print -c {own}` prints into the crontab, outside the "
            f"block: crontab -e. To be rid of the other: solarctl crontab remove -c {other}",
        )


def _note_since(run: Run, block: bytes, text: str) -> None:
    """Note which lines are new now, so that nobody misses their runs of the time before."""
    from solarctl.schedule import since

    try:
        with run.state.transaction() as state:
            since.note(state, block.decode(errors="replace"), text, run.clock.now())
    except StateError as error:
        run.note(error)


def _warn_of_doubles(run: Run, rest: bytes) -> None:
    from solarctl.schedule.crontab import parse
    from solarctl.schedule.whose import is_of

    for job in parse(rest.decode(errors="replace")).ours:
        if not is_of(job, run.config.path):
            continue
        run.warn(f"a line of your own runs {job.name} too, outside the block: {job.schedule} {job.command}")


@group.add_command
@site_command("crontab remove", rule=False)
def remove(run: Run) -> None:
    """Take the marked block out of your crontab again; what rules hold on your behalf is given back."""
    from solarctl.schedule import installing

    before = installing.read()
    _refuse_a_strangers(run, before, "what its rules hold would not be given back")
    after = installing.without_block(before)
    if after != before and not run.dry_run:
        installing.write(after)
        _note_since(run, b"", "")
    verb = "would be taken" if run.dry_run else "was taken"
    words = f"The block {verb} out of your crontab." if after != before else "There is no block of solarctl's."
    run.answer({"changed": after != before and not run.dry_run}, words)
    if after != before:
        _give_back(run)


def _give_back(run: Run) -> None:
    """Restore what rules hold on somebody's behalf, such as a battery's former reserve."""
    from solarctl.commands import COMMANDS
    from solarctl.commands.pause import given_back

    actions: list[Action] = []
    for command in COMMANDS:
        try:
            actions += given_back(run, command)
        except ConfigError as error:
            run.note(error)
    if actions:
        run.conclude(Decision(Reason.GIVEN_BACK, "What was held on your behalf is given back.", actions))


@group.add_command
@site_command("crontab check", rule=False)
@FILE
def check(run: Run, file: Path | None) -> None:
    """Find what cron would run wrongly, or what the schedule does not reach."""
    from solarctl.commands.check import summary, told
    from solarctl.schedule.linting import lint
    from solarctl.schedule.whose import of_config

    crontab = _schedule(file)
    problems = lint(crontab, run.config, run.now, run.context.cache_dir)
    errors = sum(one.severity == "error" for one in problems)
    lines = told(problems)
    if problems:
        lines.append(summary(problems))
    else:
        lines.append(f"All is well: {len(of_config(crontab, run.config.path).ours)} lines run solarctl.")
    code = Exit.CONFIG if errors else Exit.OK
    run.answer({"problems": [asdict(one) for one in problems]}, "\n".join(lines), exit_code=code)


@group.add_command
@site_command("crontab next", rule=False)
@FILE
@click.option("--hours", type=Finite(0.1, 24 * 366), default=24.0, show_default=True, help="Look so far.")
@click.option("--last", type=click.IntRange(1, 100_000), default=None, help="Every single run, at most so many.")
@click.option("--decide", is_flag=True, help="Add what each line's next run would decide, by what the devices say now.")
def next_(run: Run, file: Path | None, hours: float, last: int | None, decide: bool) -> None:
    """Show what runs when: of the installed schedule, or of the recommended one where none is installed."""
    from solarctl.schedule import next_runs
    from solarctl.schedule.crontab import parse

    crontab, installed = _schedule(file), True
    if not crontab.ours and file is None:
        from solarctl.schedule import printing

        installed = False
        crontab = parse(printing.text(run.config, printing.place(run)))
    each = islice(next_runs.coming(crontab.ours, run.now, hours), last)
    by_line = [(at, job, "") for at, job in each] if last else next_runs.overview(crontab.ours, run.now, hours)
    if decide:
        given = ["--state-dir", str(run.state_dir), "-c", str(run.config.path)]
        shown = [(next_runs.decided(at, job, given, run.clock), remark) for at, job, remark in by_line]
        rows = [row for row, _ in shown]
    else:
        shown = [(next_runs.row(at, job), remark) for at, job, remark in by_line]
        rows = [row for row, _ in shown]
        if not last and run.options.json:
            rows = [next_runs.row(at, job) for at, job in each]
    if not installed:
        run.warn("nothing is installed; these would be the runs after: solarctl crontab install")
    run.answer({"installed": installed, "runs": rows}, next_runs.told(shown, run.now) or f"Nothing in {hours:g} h.")


def _schedule(file: Path | None) -> Crontab:
    from solarctl.schedule.crontab import parse
    from solarctl.schedule.installed import installed

    if file is None:
        return installed()
    if str(file) == "-":
        return parse(sys.stdin.read())
    try:
        return parse(file.read_text(encoding="utf-8"), source=str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _nothing(run: Run) -> str:
    return f"{run.config.path} has no table of a command that cron could run."

"""Each line by itself: the program, its words, its variables, and what cron does with a per cent sign."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from solarctl.decode import nearest
from solarctl.errors import Problem
from solarctl.schedule.crontab import Job
from solarctl.schedule.recommended import TABLE, is_wanted

if TYPE_CHECKING:
    from solarctl.schedule.linting import Schedule

CRONS_PATH = "/usr/bin:/bin"  # what cron hands on where the crontab sets none
NEEDS = {row.line.command: row for row in TABLE if row.table not in ("devices", "tokens")}
OWN = {"HOME": "", "SHELL": "", "PATH": "", "LOGNAME": ""}  # what cron sets itself


def check(schedule: Schedule) -> Iterator[Problem]:
    for job in schedule.jobs:
        yield from _program(job)
        yield from _words(job, schedule)
        yield from _per_cent(job)
        yield from _variables(job, schedule)
        yield from _told(job)


def problem(job: Job, message: str, hint: str = "", *, severity: str = "error") -> Problem:
    """Return a problem of one line."""
    return Problem(job.source, message, hint, job.line, severity)


def _program(job: Job) -> Iterator[Problem]:
    hint = "Write the absolute path: solarctl crontab print shows it."
    if "/shims/" in job.program:
        yield problem(job, f"{job.program} is a version manager's shim; cron lacks what it needs", hint)
    elif not job.program.startswith("/"):
        import shutil

        path = job.environment.get("PATH", CRONS_PATH)
        if shutil.which(job.program, path=path) is None:
            yield problem(job, f"cron will not find {job.program} (its PATH is {path})", hint)
        else:
            yield problem(job, f"{job.program} is found by PATH only", hint, severity="warning")
    elif not os.access(job.program, os.X_OK):
        yield problem(job, f"there is no program {job.program}", hint)


def _words(job: Job, schedule: Schedule) -> Iterator[Problem]:
    import click

    from solarctl.cli import group
    from solarctl.commands import COMMANDS

    if job.name not in COMMANDS:
        if job.name:
            yield problem(job, f"there is no command {job.name}", nearest(job.name, COMMANDS))
        return
    try:
        context = group.make_context("solarctl", list(job.argv), resilient_parsing=False)
        command = group.get_command(context, job.name)
        if command is not None:
            with command.make_context(job.name, list(job.argv[1:]), parent=context):
                pass
    except click.exceptions.Exit:
        pass  # --help
    except click.ClickException as error:
        yield problem(job, f"{job.name} does not take these words: {error.format_message()}", f"{job.name} --help")
    row = NEEDS.get(job.name)
    if row is not None and not is_wanted(schedule.config, row):
        hint = f"Add [{row.table}], or take the line out."
        yield problem(job, f"{job.name} has no table in {schedule.config.path}", hint)


def _per_cent(job: Job) -> Iterator[Problem]:
    if re.search(r"(?<!\\)%", job.written):
        hint = "Write \\% instead."
        yield problem(job, "cron ends the command at the %; what follows it becomes the command's input", hint)


def _variables(job: Job, schedule: Schedule) -> Iterator[Problem]:
    config = schedule.config
    given = OWN | dict(job.environment)
    for path, name in env_secrets(config.raw):
        if name not in given and concerns(job.name, path, config):
            hint = f"Use {{ file = … }} for {path}, or set {name} in the crontab."
            yield problem(job, f"the variable {name}, which {path} is read from, is not set for this line", hint)
    names_config = {"-c", "--config"} & set(job.argv) or any(word.startswith("--config=") for word in job.argv)
    if os.environ.get("SOLARCTL_CONFIG") and not names_config and "SOLARCTL_CONFIG" not in given:
        hint = f"Add -c {config.path.absolute()} to it, or set SOLARCTL_CONFIG in the crontab."
        yield problem(job, "SOLARCTL_CONFIG is set in your shell and not for this line", hint, severity="warning")


def _told(job: Job) -> Iterator[Problem]:
    if re.search(r"(?:2>|&>)\s*(?:&1|/dev/null)", job.command) and "/dev/null" in job.command:
        hint = "Use -q, which is silent unless something is wrong."
        yield problem(job, "what goes wrong is thrown away (/dev/null)", hint, severity="warning")
    elif not {"-q", "--quiet"} & set(job.argv) and ">" not in job.command and job.environment.get("MAILTO") != "":
        every = "cron mails what it prints, each time it runs"
        yield problem(job, every, "Add -q.", severity="warning")


def env_secrets(raw: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, variable) for each value of the config that comes from the environment."""
    if not isinstance(raw, Mapping):
        return
    for key, found in raw.items():
        where = f"{path}.{key}" if path else str(key)
        if isinstance(found, Mapping) and set(found) == {"env"} and isinstance(found["env"], str):
            yield where, found["env"]
        yield from env_secrets(found, where)


def concerns(command: str, path: str, config: Any) -> bool:
    """Return whether a command needs what stands at a path: its accounts, its devices, the mail it may send."""
    kind, _, rest = path.partition(".")
    if kind in ("mail", "heartbeat"):
        return True
    if command in ("record", "token-refresh", "status"):
        return True
    text = repr(config.find("plan" if command == "apply" else command))
    name = rest.partition(".")[0]
    devices = [one for one in config.names("devices") if repr(one) in text]
    if kind == "devices":
        return name in devices
    return any(config.find(f"devices.{one}.account") == name for one in devices)

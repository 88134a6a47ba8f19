"""Decode everything in a config, so that `check` and `setup` can tell all its mistakes at once."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from solarctl.accounts import account_problems
from solarctl.checks import House, find
from solarctl.commands import COMMANDS
from solarctl.config import Config, find_path, find_state_dir, of_many
from solarctl.decode import nearest
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError, Problem
from solarctl.options import Options
from solarctl.schedule.installed import installed

SHARED = {
    "mail": "solarctl.mail",
    "heartbeat": "solarctl.heartbeat",
    "history": "solarctl.history",
    "tariff": "solarctl.control.tariff",
}
EVENTS = ("trouble", "recovery")
BODIES = {"simulate": "solarctl.simulation.simulated_house"}  # commands whose table is not a rule's


def settings_class(command: str) -> Any:
    """Return the Settings of a command's table or of a shared table; None when it has none."""
    module = SHARED.get(command) or BODIES.get(command) or f"solarctl.control.{command.replace('-', '_')}"
    if importlib.util.find_spec(module) is None:
        return None
    return getattr(importlib.import_module(module), "Settings", None)


def inspect(
    config: Config, state_dir: Path, learned: Callable[[str], Mapping[str, Any]] = lambda _device: {}
) -> list[Problem]:
    """Return every problem of a config and its surroundings, errors first, each said once.

    `learned` tells what a device's driver has stored of it.
    """
    problems: list[Problem] = [*config.unknown_tables(tuple(COMMANDS)), *_no_tables(config)]
    decoded: dict[str, Any] = {}
    for table in dict.fromkeys((*COMMANDS, *SHARED)):
        if config.find(table) is None:
            continue
        cls = settings_class(table)
        if cls is None:
            if table in COMMANDS:
                hint = of_many(table, config.find(table))
                problems.append(Problem(table, "this command has no settings", hint, config.line(table)))
            continue
        found = _decode(config, table, cls, problems)
        if found is not None:
            decoded[table] = found
    house = House(
        config,
        state_dir,
        os.environ,
        {name: one for name, one in decoded.items() if name in COMMANDS or name == "tariff"},
        _opened(config, "devices", "driver", problems),
        _opened(config, "accounts", "service", problems),
        installed(),
        partial(_cannot, config, learned),
    )
    if "mail" in decoded:
        from solarctl import mail

        problems += [_with_line(config, problem) for problem in mail.warnings(decoded["mail"])]
        problems += _no_commands(config, "mail.events", decoded["mail"].events, EVENTS)
    if "heartbeat" in decoded:
        problems += _no_commands(config, "heartbeat.urls", decoded["heartbeat"].urls)
    for check in find():
        problems += check(house)
    return sorted(dict.fromkeys(problems), key=lambda p: (p.severity != "error", p.line or 0))


def _no_tables(config: Config) -> list[Problem]:
    """Return what is written as a list or a value, though its parts have names."""
    return [
        Problem(kind, "must be a table for each name", f"Write [{kind}.NAME].", config.line(kind))
        for kind in ("accounts", "devices")
        if config.find(kind) is not None and not isinstance(config.find(kind), Mapping)
    ]


def _no_commands(config: Config, path: str, names: Iterable[str], more: tuple[str, ...] = ()) -> list[Problem]:
    """Return the names that are no command's, with the nearest one."""
    known = (*more, *COMMANDS)
    return [
        Problem(path, f"{name!r} is no command" + (f" and none of {', '.join(more)}" if more else ""), hint, line)
        for name in names
        if name not in known
        for hint, line in [(nearest(name, known), config.line(path))]
    ]


def with_the_rest(error: ConfigError, command: str, options: Options) -> ConfigError:
    """Return mistakes that kept a run from starting together with the others that concern it (`check`: with all)."""
    try:
        config = Config.load(find_path(options.config), forgiving=True)
    except ConfigError:
        return error  # nothing else can be read
    problems: list[Problem] = list(error.problems)
    cls = settings_class(command) if config.find(command) is not None else None
    if command == "check":
        problems += inspect(config, find_state_dir(options.state_dir, config.site))
    elif cls is not None:
        _decode(config, command, cls, problems)
    return ConfigError(tuple(dict.fromkeys(problems)))


def _cannot(config: Config, learned: Callable[[str], Mapping[str, Any]], name: str, capability: type) -> str:
    """Return why a device cannot do what its driver can, as far as that is known; nothing if it may."""
    table = config.entry("devices", name)
    driver = str(table.get("driver"))
    return catalogue.cannot(driver, capability, table, learned(name)) if driver in catalogue.KINDS else ""


def _decode(config: Config, path: str, cls: Any, problems: list[Problem], ignore: tuple[str, ...] = ()) -> Any:
    try:
        return config.table(path, cls, ignore=ignore)
    except ConfigError as error:
        problems += error.problems
        return None


def _opened(config: Config, kind: str, key: str, problems: list[Problem]) -> dict[str, tuple[type, Any]]:
    """Return the class and decoded settings of every device or account that is right."""
    found: dict[str, tuple[type, Any]] = {}
    load = catalogue.load_driver if kind == "devices" else catalogue.load_service
    for name in config.names(kind):
        path = f"{kind}.{name}"
        try:
            value = config.entry(kind, name).get(key)
            if not isinstance(value, str):
                raise ConfigError([Problem(f"{path}.{key}", "is missing", f"Add {key} = …", config.line(path))])
            cls: Any = load(value, beside=config.folder)
        except ConfigError as error:
            problems += [
                _with_line(config, Problem(p.path or f"{path}.{key}", p.message, p.hint)) for p in error.problems
            ]
            continue
        settings = _decode(config, path, cls.Settings, problems, ignore=(key,))
        if settings is not None:
            found[name] = (cls, settings)
            problems += account_problems(config, path, settings)
    return found


def _with_line(config: Config, problem: Problem) -> Problem:
    line = problem.line or config.line(problem.path)
    return Problem(problem.path, problem.message, problem.hint, line, problem.severity)

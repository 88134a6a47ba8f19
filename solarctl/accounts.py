"""The accounts that devices name: whether they are there, and for the right service."""

from __future__ import annotations

import dataclasses
from typing import Any

from solarctl.config import Config
from solarctl.drivers import catalogue
from solarctl.errors import ConfigError, Problem


def account_problems(config: Config, path: str, settings: Any) -> list[Problem]:
    """Return what is wrong with the accounts that a device's settings name: not there, or another service's."""
    problems = []
    for field in dataclasses.fields(settings):
        service, name = field.metadata.get("account"), getattr(settings, field.name)
        if not service or not name:
            continue
        where = f"{path}.{field.name}"
        try:
            found = config.entry("accounts", name).get("service")
        except ConfigError as error:
            problems.append(Problem(where, f"there is no [accounts.{name}]", error.hint, config.line(where)))
            continue
        if str(found) not in catalogue.SERVICES and ":" not in str(found):
            continue  # its own table is wrong, which is told when the account is opened
        if service is not True and found != service:
            message = f"the account {name} is for {found}, not for {service}"
            problems.append(Problem(where, message, "", config.line(where)))
    return problems

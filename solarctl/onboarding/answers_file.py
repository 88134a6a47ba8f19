"""The file of answers for an unattended setup: looked through before anybody is asked or contacted."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from solarctl.decode import nearest
from solarctl.errors import ConfigError, Problem, UsageError
from solarctl.onboarding.wizard import find_steps
from solarctl.secret_sources import permission_problems

SETUP = "setup"  # answers to the wizard's own questions
SECRETS = ("password", "token", "secret", "api_key")


def read(path: Path) -> Mapping[str, Any]:
    """Return the answers; `ConfigError` for tables that no step reads, and secrets that others can read."""
    try:
        answers = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    problems = list(_strange(answers, path))
    if _holds_secrets(answers):
        problems += [one for one in permission_problems(path) if one.severity == "error"]
    if problems:
        raise ConfigError(problems)
    return answers


def _strange(answers: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    known = [SETUP, *(step.name for step in find_steps())]
    for name, table in answers.items():
        if name not in known:
            what = "no step of setup reads this table" if isinstance(table, Mapping) else "this key is in no table"
            yield Problem(name, f"{what} ({path})", nearest(name, known))
        elif not isinstance(table, Mapping):
            yield Problem(name, f"must be a table ({path})", f"Write [{name}].")


def _holds_secrets(answers: Any) -> bool:
    """Return whether a secret stands there as text, and not as { file = … } and the like."""
    if isinstance(answers, list):
        return any(map(_holds_secrets, answers))
    if not isinstance(answers, Mapping):
        return False
    return any(
        (isinstance(value, str) and bool(value) and key.endswith(SECRETS)) or _holds_secrets(value)
        for key, value in answers.items()
    )

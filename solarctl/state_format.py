"""What state.json must look like, and the numbered steps that bring an older one up to date."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from solarctl.context import Json
from solarctl.errors import StateError

VERSION = 1
Migration = Callable[[Json], Json]
MIGRATIONS: Mapping[int, Migration] = {}  # n -> the step from version n to n + 1

# Sections of objects by name; decoded by whoever owns them.
NAMED = ("tokens", "memory", "accounts", "devices", "pause")
# Sections that are one object each.
FREE = ("forced", "trouble", "seen")
# Sections that are there once they were written: what was told and printed, since when lines are in the crontab.
NOTES = ("told", "printed", "crontab")


class DamagedError(ValueError):
    """The content is not a state that any solarctl wrote."""


class NewerError(StateError):
    """The content is a state of a later solarctl's."""


def empty() -> Json:
    """Return the state of a house that has none yet."""
    return {"version": VERSION, **{section: {} for section in (*NAMED, *FREE)}}


def written(data: Mapping[str, Any]) -> bytes:
    """Return the file's content: a line per section's entry, which a person can read and a run writes quickly."""
    sections = []
    for section, entries in data.items():
        if isinstance(entries, dict) and entries:
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
            sections.append(f" {json.dumps(section)}: {{\n{lines}\n }}")
        else:
            sections.append(f" {json.dumps(section)}: {json.dumps(entries)}")
    return ("{\n" + ",\n".join(sections) + "\n}\n").encode()


def parse(content: bytes, migrations: Mapping[int, Migration]) -> tuple[Json, int]:
    """Return the state, brought up to date, and the version it was stored as.

    Raises DamagedError when it is no state, StateError when it is one that this solarctl must not touch.
    """
    data = _object(content)
    stored = data.get("version")
    if type(stored) is not int:
        raise DamagedError("it has no version")
    if stored > VERSION:
        raise NewerError(
            f"state.json was written by a newer solarctl (its version is {stored}, this one knows {VERSION})",
            hint="Upgrade solarctl.",
        )
    for version in range(stored, VERSION):
        data = _migrated(data, version, migrations)
    return _checked(empty() | data | {"version": VERSION}), stored


def _object(content: bytes) -> Json:
    if not content.strip():
        raise DamagedError("it is empty")
    try:
        data: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedError("it is cut off or not JSON") from error
    if not isinstance(data, dict):
        raise DamagedError("it is no object")
    return data


def _migrated(data: Json, version: int, migrations: Mapping[int, Migration]) -> Json:
    if version not in migrations:
        raise StateError(
            f"state.json has version {version}, which this solarctl does not know",
            hint="Move it away to start afresh (tokens are lost), or use the solarctl that wrote it.",
        )
    try:
        return migrations[version](data)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"it does not hold what version {version} should") from error


def _checked(data: Json) -> Json:
    for section in (*NAMED, *FREE):
        if not isinstance(data[section], dict):
            raise DamagedError(f"{section} is no object")
    for section in NAMED:
        for name, value in data[section].items():
            if not isinstance(value, dict):
                raise DamagedError(f"{section}.{name} is no object")
    odd = [section for section in NOTES if not isinstance(data.get(section, {}), dict)]
    return {section: value for section, value in data.items() if section not in odd}

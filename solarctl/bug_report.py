"""The redacted bundle for a bug report: versions, config, state, the newest decisions, and what `check` finds."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solarctl import __version__
from solarctl.errors import StateError
from solarctl.redaction import Redaction, private_texts, secret_texts

if TYPE_CHECKING:
    from solarctl.errors import Problem
    from solarctl.run import Run

MOST_DECISIONS = 3000  # the newest
LIBRARIES = ("click", "requests", "pymodbus", "paho-mqtt", "rich", "cronsim", "holidays")


def members(run: Run, commands: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield the bundle's members, all of them redacted; what cannot be read is left out."""
    import tomli_w

    raw = run.config.raw
    try:
        state: dict[str, Any] = dict(run.state.read())
    except StateError:
        state = {}
    names = {*run.config.names("devices"), *run.config.names("accounts"), *commands, *raw}
    secrets = secret_texts(raw, state, _secrets(run))
    redaction = Redaction(private_texts(raw, state), names, secrets)

    def plain(value: Any) -> bytes:
        return (json.dumps(redaction.value(value), indent=1, ensure_ascii=False, default=str) + "\n").encode()

    yield "versions.json", (json.dumps(_versions(), indent=1) + "\n").encode()
    yield "config.toml", tomli_w.dumps(redaction.value(raw)).encode()
    state["tokens"] = {
        name: {key: token[key] for key in ("expires_at", "lifetime_s") if key in token}
        for name, token in state.get("tokens", {}).items()
    }
    yield "state.json", plain(state)
    yield "check.json", plain([asdict(problem) for problem in problems])
    rows = run.history.decisions(limit=MOST_DECISIONS)
    lines = (json.dumps(redaction.value(row), ensure_ascii=False) + "\n" for row in reversed(rows))
    yield "decisions.jsonl", "".join(lines).encode()
    if (bug := run.state_dir / "bug.txt").is_file():
        yield "bug.txt", redaction.text(bug.read_text(encoding="utf-8", errors="replace")).encode()


def _versions() -> dict[str, Any]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return {
        "solarctl": __version__,
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "system": platform.system(),
        "libraries": found,
    }


def _secrets(run: Run) -> Iterator[str]:
    """Yield the texts of every file and variable that a secret is read from."""
    from solarctl.decode import Mistake
    from solarctl.secret_sources import resolve

    for value in _sources(run.config.raw):
        try:
            if "file" in value:
                yield (run.config.folder / Path(value["file"]).expanduser()).read_text(encoding="utf-8")
            else:
                yield resolve(value, run.config.folder).reveal()
        except (Mistake, OSError, UnicodeDecodeError):
            continue  # what cannot be read now is not known to anything that is told


def _sources(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if (
            len(value) == 1
            and isinstance(next(iter(value.values())), str)
            and next(iter(value)) in ("file", "env", "credential")
        ):
            yield value
        for one in value.values():
            yield from _sources(one)
    elif isinstance(value, list):
        for one in value:
            yield from _sources(one)

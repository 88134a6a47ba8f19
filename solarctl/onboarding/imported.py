"""What an importer takes from somebody's old files: answers to setup's questions, and what it left out.

An importer is a file in importers/ with a function `read(path, text) -> Imported | None` (None: not its kind of file).
No file is ever executed.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from solarctl.errors import UsageError

LARGEST = 1_000_000


@dataclass(frozen=True)
class Imported:
    """`answers` by step; `memory` of commands; `notes` for the person."""

    answers: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_file(path: Path) -> Imported:
    """Return what the first importer that knows this kind of file takes from it."""
    from solarctl.onboarding import importers

    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is too large to be a config")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    for module in pkgutil.iter_modules(importers.__path__):
        found = importlib.import_module(f"{importers.__name__}.{module.name}").read(path, text)
        if found is not None:
            result: Imported = found
            return result
    raise UsageError(f"no importer knows what {path} is", hint="See docs/setup.md for the files that can be imported.")


def merged(into: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers with `more` laid over them, table by table."""
    result = dict(into)
    for key, value in more.items():
        before = result.get(key)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[key] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result


def assigned(text: str) -> dict[str, Any] | None:
    r"""Return the plain values that a Python file assigns to names, without running it; None if it is no Python.

    >>> assigned("A = 1\nB = (A, 'x')\nC = open('/etc/passwd')")
    {'A': 1, 'B': (1, 'x')}
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    values: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            targets, source = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, source = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                try:
                    values[target.id] = _value(source, values)
                except ValueError:
                    values.pop(target.id, None)
    return values


def _value(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_value(one, values) for one in node.elts)
    if isinstance(node, ast.List):
        return [_value(one, values) for one in node.elts]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError from None

"""From tables of TOML to typed settings: one small validator that lists every mistake at once.

A settings class is a frozen dataclass (see settings.py). Beyond types and ranges it may have a method
`problems(self)` yielding (key, message) pairs for what only several keys together can get wrong.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from solarctl.errors import Problem
from solarctl.field_types import type_of
from solarctl.settings import Secret, time_of_day

T = TypeVar("T")


class Mistake(Exception):
    """A value that is not allowed; the message says what is."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Decoder:
    """Decodes tables of one config file and gathers its problems."""

    def __init__(
        self,
        folder: Path,
        resolve_secret: Callable[[Any], Secret],
        line_of: Callable[[str], int | None] = lambda _path: None,
    ) -> None:
        self.folder = folder
        self.resolve_secret = resolve_secret
        self.line_of = line_of
        self.problems: list[Problem] = []

    def table(self, cls: type[T], table: Any, path: str, *, ignore: Iterable[str] = ()) -> T | None:
        """Return `table` as `cls`, or None after noting every problem under its dotted path."""
        if not isinstance(table, Mapping):
            self._problem(path, "must be a table", f"Write [{path}].")
            return None
        before = len(self.problems)
        known = {f.name.rstrip("_"): f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
        values: dict[str, Any] = {}
        for key, value in table.items():
            where = f"{path}.{key}"
            if key in known:
                declared = known[key]
                kind = type_of(cls, declared.name)  # type: ignore[arg-type]
                try:
                    values[declared.name] = self._value(kind, value, where, declared.metadata)
                except Mistake as mistake:
                    self._problem(where, str(mistake), mistake.hint)
            elif key not in ignore:
                self._problem(where, "unknown key", nearest(key, known))
        for key, declared in known.items():
            required = declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING
            if required and key not in table:
                self._problem(f"{path}.{key}", "is missing", _meaning(declared.metadata))
        if len(self.problems) > before:
            return None
        settings = cls(**values)
        contradictions: Iterable[tuple[str, str]] = settings.problems() if hasattr(settings, "problems") else ()
        for key, message in contradictions:
            self._problem(f"{path}.{key}" if key else path, message)
        return settings if len(self.problems) == before else None

    def _problem(self, path: str, message: str, hint: str = "") -> None:
        line = self.line_of(path) or self.line_of(path.rpartition(".")[0])
        self.problems.append(Problem(path, message, hint, line))

    def _value(self, hint: Any, value: Any, path: str, metadata: Mapping[str, Any]) -> Any:
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if hint is Any:
            return value
        if origin in (Union, types.UnionType):
            return self._any_of(args, value, path, metadata)
        if origin is Literal:
            return _one_of(value, args)
        if origin is tuple or origin is list:
            return self._sequence(args[0], value, path, metadata)
        if origin is dict or origin is Mapping or origin is typing.get_origin(Mapping[str, Any]):
            if not isinstance(value, Mapping):
                raise Mistake("must be a table")
            return {key: self._value(args[1], item, f"{path}.{key}", metadata) for key, item in value.items()}
        if dataclasses.is_dataclass(hint):
            return self._nested(hint, value, path)
        return self._plain(hint, value, metadata)

    def _nested(self, cls: Any, value: Any, path: str) -> Any:
        before = len(self.problems)
        nested = self.table(cls, value, path)
        if len(self.problems) > before:
            return None  # noted already; the outer table will not be built
        return nested

    def _any_of(self, args: tuple[Any, ...], value: Any, path: str, metadata: Mapping[str, Any]) -> Any:
        first: Mistake | None = None
        for option in args:
            if option is type(None):
                continue
            if dataclasses.is_dataclass(option) and not isinstance(value, Mapping):
                first = first or Mistake("must be a table")
                continue
            try:
                return self._value(option, value, path, metadata)
            except Mistake as mistake:
                first = first or mistake
        assert first is not None
        raise first

    def _sequence(self, item: Any, value: Any, path: str, metadata: Mapping[str, Any]) -> tuple[Any, ...]:
        if isinstance(value, str) and "device" in metadata:
            value = [value]  # one name stands for a list of one
        if isinstance(value, Mapping) and dataclasses.is_dataclass(item):
            raise Mistake("must be a list of tables", f"Write [[{path}]], with two brackets.")
        if not isinstance(value, list):
            raise Mistake("must be a list")
        found = tuple(self._value(item, one, f"{path}.{i}", metadata) for i, one in enumerate(value))
        again = [one for i, one in enumerate(found) if one in found[:i]] if "device" in metadata else []
        if again:
            raise Mistake(f"names {again[0]} twice")
        return found

    def _plain(self, hint: Any, value: Any, metadata: Mapping[str, Any]) -> Any:
        if hint is bool:
            if not isinstance(value, bool):
                raise Mistake(f"must be true or false, not {_shown(value)}")
            return value
        if hint in (int, float):
            return _number(hint, value, metadata)
        if hint is Secret:
            return self.resolve_secret(value)
        if hint is time:
            return _time(value)
        if hint is datetime:
            if isinstance(value, datetime):
                return value
            raise Mistake(f"must be a date with a time, such as 2026-07-01T14:00:00, not {_shown(value)}")
        if hint is date:
            return _date(value)
        if hint is object:
            return value
        if not isinstance(value, str):
            raise Mistake(f"must be text in quotes, not {_shown(value)}")
        if "\0" in value:
            raise Mistake("must not contain the character 0")
        if hint is Path:
            return self.folder / home_path(value)
        if metadata.get("choices") is not None:
            return _one_of(value, metadata["choices"])
        if hint is str:
            return value
        return _one_of(value, [str(member) for member in hint]) and hint(value)


def _number(hint: type, value: Any, metadata: Mapping[str, Any]) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Mistake(f"must be a number, not {_shown(value)}")
    if not math.isfinite(value):
        raise Mistake("must be a finite number")
    if hint is int:
        if value != int(value):
            raise Mistake(f"must be a whole number, not {value}")
        value = int(value)
    for name, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most")):
        limit = metadata.get(name)
        if limit is not None and not {"ge": value >= limit, "gt": value > limit, "le": value <= limit}[name]:
            raise Mistake(f"must be {word} {limit:g}, not {value:g}")
    return value if hint is int else float(value)


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    try:
        return time_of_day(value)
    except (ValueError, AttributeError, TypeError):
        raise Mistake(f'must be a time of day such as "14:30", not {_shown(value)}') from None


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise Mistake(f'must be a date such as "2026-07-03", not {_shown(value)}') from None


def _one_of(value: Any, allowed: Iterable[Any]) -> Any:
    words = list(allowed)
    if value not in words or isinstance(value, bool) is not isinstance(words[words.index(value)], bool):
        raise Mistake(f"must be one of {', '.join(map(str, words))}, not {_shown(value)}", similar(value, words))
    return value


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _meaning(metadata: Mapping[str, Any]) -> str:
    return f"Meaning: {metadata['help']}." if metadata.get("help") else ""


def home_path(text: str) -> Path:
    """Return a path, a leading ~ or ~name replaced by that person's home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise Mistake(f"nobody here has the home that {text} begins with") from None


def nearest(name: Any, known: Iterable[Any]) -> str:
    """Return 'Did you mean …?' for the nearest known name, or the known names when none is near."""
    names = sorted({str(one) for one in known})
    return similar(name, names) or (f"Known: {', '.join(names)}." if names else "")


def similar(name: Any, known: Iterable[Any]) -> str:
    """Return 'Did you mean …?' for the nearest known name, or nothing when none is near."""
    from difflib import get_close_matches

    close = get_close_matches(str(name), sorted({str(one) for one in known}), n=1)
    return f"Did you mean {close[0]}?" if close else ""

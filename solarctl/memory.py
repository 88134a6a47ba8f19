"""What rules remember, as JSON and back: frozen dataclasses of plain values.

    str int float bool None datetime date time list tuple dict, enums, nested dataclasses, X | None

Decoding never raises: unknown keys are dropped, missing ones take their default, and memory that no longer fits is
given up (a rule survives `Memory()`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime, time
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from solarctl.context import Json
from solarctl.field_types import type_of

T = TypeVar("T")


class _MisfitError(ValueError):
    """The value is not of the declared type."""


def encode(memory: Any) -> Json:
    """Return a dataclass as a JSON object.

    >>> from solarctl.decision import SwitchTo
    >>> encode(SwitchTo("grid-relay", True))
    {'device': 'grid-relay', 'to': True}
    """
    return {field.name: _encoded(getattr(memory, field.name)) for field in dataclasses.fields(memory) if field.init}


def decode(cls: type[T], stored: Any, notice: Callable[[str], None] = lambda _: None) -> T | None:
    """Return `stored` as a `cls`, or None, after telling `notice` why, when it no longer fits."""
    try:
        found: T = _dataclass(cls, stored, cls.__name__)
    except _MisfitError as misfit:
        notice(str(misfit))
        return None
    return found


def _encoded(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [_encoded(item) for item in value]
    if isinstance(value, dict):
        return {_key_text(key): _encoded(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return encode(value)
    return value


def _key_text(key: Any) -> str:
    value = _encoded(key)
    return value if isinstance(value, str) else str(value)


def _dataclass(cls: Any, stored: Any, where: str) -> Any:
    if not isinstance(stored, dict):
        raise _MisfitError(f"{where} is no object")
    values = {
        field.name: _decoded(type_of(cls, field.name), stored[field.name], f"{where}.{field.name}")
        for field in dataclasses.fields(cls)
        if field.init and field.name in stored
    }
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:  # a field without default is missing, or the class itself objects
        raise _MisfitError(f"{where}: {error}") from error


def _decoded(kind: Any, value: Any, where: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, UnionType):
        return _one_of(args, value, where)
    if origin is Literal:
        if any(value == word and type(value) is type(word) for word in args):
            return value
    elif dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, where)
    elif (origin or kind) in (list, tuple, set, frozenset):
        if isinstance(value, list):
            return _collection(origin or kind, args, value, where)
    elif (origin or kind) is dict:
        if isinstance(value, dict):
            key_kind, item_kind = args or (str, Any)
            return {_key(key_kind, k, where): _decoded(item_kind, v, f"{where}.{k}") for k, v in value.items()}
    else:
        return _plain(kind, value, where)
    raise _MisfitError(f"{where} is {value!r}")


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    exact = [kind for kind in kinds if kind is type(value) or (kind is NoneType and value is None)]
    for kind in [*exact, *kinds]:
        try:
            return _decoded(kind, value, where)
        except _MisfitError:
            continue
    raise _MisfitError(f"{where} is {value!r}")


def _collection(kind: Any, args: tuple[Any, ...], value: list[Any], where: str) -> Any:
    if kind is tuple and args and args[-1] is not Ellipsis:
        if len(args) != len(value):
            raise _MisfitError(f"{where} has {len(value)} parts")
        return tuple(_decoded(part, item, where) for part, item in zip(args, value))
    item_kind = args[0] if args else Any
    return kind(_decoded(item_kind, item, f"{where}[{index}]") for index, item in enumerate(value))


def _key(kind: Any, text: str, where: str) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError as error:
            raise _MisfitError(f"{where} has the key {text!r}") from error
    return _decoded(kind, text, where)


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind in (None, NoneType):
        if value is None:
            return None
    elif kind is float:
        if type(value) in (int, float):
            return _as_float(value, where)
    elif kind is int:
        if type(value) is int or (type(value) is float and value.is_integer()):
            return int(value)
    elif kind in (bool, str):
        if type(value) is kind:
            return value
    elif isinstance(kind, type) and isinstance(value, str | int) and issubclass(kind, datetime | date | time | Enum):
        return _from_text(kind, value, where)
    raise _MisfitError(f"{where} is {value!r}")


def _as_float(value: float, where: str) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise _MisfitError(f"{where} is out of range") from error


def _from_text(kind: Any, value: str | int, where: str) -> Any:
    try:
        if issubclass(kind, Enum):
            return kind(value)
        if isinstance(value, str) and ("T" in value) == issubclass(kind, datetime):  # a day is no moment
            found = kind.fromisoformat(value)
            if not issubclass(kind, datetime) or _is_moment(found):
                return found
    except ValueError as error:
        raise _MisfitError(f"{where} is {value!r}") from error
    raise _MisfitError(f"{where} is {value!r}")


def _is_moment(found: datetime) -> bool:
    """Return whether rules can reckon with it: it has a zone, and room for another zone's wall clock."""
    return found.tzinfo is not None and datetime.min.year < found.year < datetime.max.year

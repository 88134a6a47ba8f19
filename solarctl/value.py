"""Values: dataclasses that cannot be changed and cost little to declare.

A frozen dataclass writes and compiles six methods for each class, which every start of every command pays for.
Here only __init__ is made; the other methods are shared by all values. To whoever uses one it is a frozen
dataclass: fields(), replace() and match work, it compares and hashes by its fields, and says no to assignments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def value(cls: type[T], /) -> type[T]: ...
@overload
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: Any = None, /, *, kw_only: bool = False) -> Any:
    """Make a class a value; with `kw_only`, its fields are given by name."""

    def decorate(cls: Any) -> Any:
        made = dataclass(init=True, repr=False, eq=False, kw_only=kw_only)(cls)
        for name, method in METHODS.items():
            setattr(made, name, method)
        return made

    return decorate if cls is None else decorate(cls)


def _equal(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self.__dict__ == other.__dict__


def _hash(self: Any) -> int:
    return hash((type(self), *self.__dict__.values()))


def _shown(self: Any) -> str:
    shown = (name for name, one in self.__dataclass_fields__.items() if one.repr and name in self.__dict__)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _assign_once(self: Any, name: str, value: object) -> None:
    if name in self.__dict__ or name not in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    self.__dict__[name] = value


def _keep(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


METHODS = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _shown,
    "__setattr__": _assign_once,
    "__delattr__": _keep,
}

"""Values: dataclasses that cannot be changed and cost nothing until one is used.

A frozen dataclass writes and compiles six methods for each class when its file is imported, which every start of
every command pays for, whether it uses the class or not. Here all methods are shared, and the fields are worked out
when the first value is made or looked into. To whoever uses one it is a frozen dataclass: fields(), replace() and
match work, it compares and hashes by its fields, and says no to assignments.
"""

from __future__ import annotations

import dataclasses
from _thread import RLock
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, field
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

T = TypeVar("T")

_making = RLock()


@overload
def value(cls: type[T], /) -> type[T]: ...
@overload
def value(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: Any = None, /, *, kw_only: bool = False) -> Any:
    """Make a class a value; with `kw_only`, its fields are given by name."""

    def decorate(cls: Any) -> Any:
        for name, method in METHODS.items():
            setattr(cls, name, method)
        if not cls.__doc__:
            cls.__doc__ = cls.__name__  # or dataclass would spell out the signature, which costs the most of all
        for name in ("__dataclass_fields__", "__match_args__", "__init_plan__"):
            setattr(cls, name, _Later(cls, name, kw_only))
        return cls

    return decorate if cls is None else decorate(cls)


class _Later:
    """Stands for what is known of a class's fields until somebody asks."""

    def __init__(self, cls: Any, name: str, kw_only: bool) -> None:
        self.cls, self.name, self.kw_only = cls, name, kw_only

    def __get__(self, _instance: object, _owner: object) -> Any:
        with _making:
            if isinstance(vars(self.cls)["__init_plan__"], _Later):
                self._work_out()
        return vars(self.cls)[self.name]

    def _work_out(self) -> None:
        made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=self.kw_only)
        cls = made(self.cls)
        ours = dataclasses.fields(cls)
        cls.__match_args__ = tuple(one.name for one in ours if not one.kw_only)  # type: ignore[misc]
        # last, because it says that all is worked out
        cls.__init_plan__ = (
            {one.name: one.default for one in ours},  # all names in their order, MISSING where there is no default
            tuple((one.name, one.default_factory) for one in ours if one.default_factory is not MISSING),
            tuple(one.name for one in ours if one.default is MISSING and one.default_factory is MISSING),
        )


_new, _set = object.__new__, object.__setattr__  # looked up once: rules do little else than make values


def _init(self: Any, *args: Any, **named: Any) -> None:
    defaults, factories, wanted = self.__init_plan__
    given = named
    if args:
        positional = self.__match_args__
        given = dict(zip(positional, args))
        if named:
            given.update(named)
        if len(args) > len(positional) or len(given) != len(args) + len(named):
            raise TypeError(f"{type(self).__name__} takes {', '.join(defaults)}")
        if len(args) == len(defaults):  # all of them, in their order
            _set(self, "__dict__", given)
            return
    attributes = {**defaults, **given}
    if len(attributes) != len(defaults):
        raise TypeError(f"{type(self).__name__} takes {', '.join(defaults)}")
    for name in wanted:
        if name not in given:
            raise TypeError(f"{type(self).__name__} wants {name}")
    for name, factory in factories:
        if name not in given:
            attributes[name] = factory()
    _set(self, "__dict__", attributes)


if TYPE_CHECKING:
    from dataclasses import replace as replace  # so that mypy knows the fields
else:

    def replace(one: Any, /, **changes: Any) -> Any:
        """Return a copy with some fields changed, as dataclasses.replace does, in a tenth of its time.

        It copies what the value has and does not go through `__init__`; a rule that remembers does little else.
        """
        try:
            known = one.__dict__
        except AttributeError:  # slots
            return dataclasses.replace(one, **changes)
        attributes = {**known, **changes}
        if len(attributes) != len(known):
            names = ", ".join(name for name in changes if name not in known)
            raise TypeError(f"{type(one).__name__} has no {names}")
        copied = _new(type(one))
        _set(copied, "__dict__", attributes)
        return copied


def _equal(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self.__dict__ == other.__dict__


def _hash(self: Any) -> int:
    return hash((type(self), *self.__dict__.values()))


def _shown(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_change(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_removal(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


METHODS = {
    "__init__": _init,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _shown,
    "__setattr__": _refuse_change,
    "__delattr__": _refuse_removal,
}

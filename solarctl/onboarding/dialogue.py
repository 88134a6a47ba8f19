"""Who answers setup's questions: a person at a terminal, or a file of answers. Both may know answers from imports.

Every question has a key such as "honeywell.username"; in the answers file that is `username` in [honeywell].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import click

from solarctl.errors import UsageError, spelt_out

Options = Sequence[tuple[Any, str]]  # value and label


class Dialogue(Protocol):
    """Somebody who answers."""

    interactive: bool

    def given(self, key: str) -> Any:
        """Return the answer that is known without asking (file, import), or None."""
        ...

    def ask(self, key: str, text: str, default: Any = None, *, secret: bool = False) -> str: ...

    def confirm(self, key: str, text: str, default: bool) -> bool: ...

    def pick(self, key: str, text: str, options: Options, default: Any = None) -> Any: ...

    def pick_many(self, key: str, text: str, options: Options, default: Sequence[Any]) -> list[Any]: ...


def look_up(answers: Mapping[str, Any], key: str) -> Any:
    """Return what stands under a dotted key, or None."""
    value: Any = answers
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


class Answers:
    """Answers from a file; a question without an answer or default is a mistake, named by its key."""

    interactive = False

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def given(self, key: str) -> Any:
        return look_up(self._answers, key)

    def ask(self, key: str, text: str, default: Any = None, *, secret: bool = False) -> str:
        found = self.given(key)
        if found is None:
            found = default
        if found is None:
            table, _, name = key.rpartition(".")
            raise UsageError(f"the answers do not say {key} ({text})", hint=f"Add {name} = … to [{table}].")
        return str(found)

    def confirm(self, key: str, text: str, default: bool) -> bool:
        found = self.given(key)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise UsageError(f"{key} must be true or false ({text})")
        return found

    def pick(self, key: str, text: str, options: Options, default: Any = None) -> Any:
        found = self.given(key)
        wanted = default if found is None else found
        values = [value for value, _ in options]
        fitting = [value for value in values if value == wanted or str(value) == str(wanted)]
        if not fitting and wanted is None and len(values) == 1:
            fitting = values
        if not fitting:
            known = ", ".join(str(value) for value in values)
            raise UsageError(f"{key} = {wanted} is none of: {known}" if wanted else f"the answers do not say {key}")
        return fitting[0]

    def pick_many(self, key: str, text: str, options: Options, default: Sequence[Any]) -> list[Any]:
        found = self.given(key)
        if found is None:
            return list(default)
        values = [value for value, _ in options]
        if found == "all":
            return values
        wanted = [str(one) for one in (found if isinstance(found, list) else [found])]
        unknown = [one for one in wanted if one not in map(str, values)]
        if unknown:
            raise UsageError(f"{key} names {', '.join(unknown)}; there are: {', '.join(map(str, values))}")
        return [value for value in values if str(value) in wanted]


class Terminal:
    """A person. Known answers are offered; Enter takes them."""

    interactive = True

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def given(self, key: str) -> Any:
        return look_up(self._answers, key)

    def ask(self, key: str, text: str, default: Any = None, *, secret: bool = False) -> str:
        known = self.given(key)
        if known is None:
            known = default
        if secret and known:
            answer = click.prompt(f"{text} (Enter: the one imported)", default="", hide_input=True, show_default=False)
            return str(answer or known)
        shown = None if known is None else str(known)
        return str(click.prompt(text, default=shown, hide_input=secret, show_default=not secret and bool(shown)))

    def confirm(self, key: str, text: str, default: bool) -> bool:
        known = self.given(key)
        return bool(click.confirm(text, default=known if isinstance(known, bool) else default))

    def pick(self, key: str, text: str, options: Options, default: Any = None) -> Any:
        if not options:
            raise UsageError(f"there is nothing to choose from ({text})")
        known = self.given(key)
        wanted = default if known is None else known
        positions = [str(value) for value, _ in options]
        preset = positions.index(str(wanted)) + 1 if str(wanted) in positions else 1 if len(options) == 1 else None
        _list(text, options)
        number = click.prompt("Number", type=click.IntRange(1, len(options)), default=preset)
        return options[int(number) - 1][0]

    def pick_many(self, key: str, text: str, options: Options, default: Sequence[Any]) -> list[Any]:
        if not options:
            return []
        known = self.given(key)
        values = [value for value, _ in options]
        wanted = (
            values if known == "all" else default if known is None else known if isinstance(known, list) else [known]
        )
        preset = [str(n) for n, value in enumerate(values, 1) if str(value) in map(str, wanted)]
        _list(text, options)
        while True:
            typed = str(click.prompt("Numbers, or none", default=" ".join(preset) or "none"))
            numbers = [] if typed.strip() in ("", "none", "0") else typed.replace(",", " ").split()
            if all(one.isdigit() and 1 <= int(one) <= len(values) for one in numbers):
                return [values[int(one) - 1] for one in dict.fromkeys(numbers)]
            click.echo(f"Type numbers from 1 to {len(values)} with blanks between them.")


def _list(text: str, options: Options) -> None:
    click.echo(text)
    for number, (_, label) in enumerate(options, 1):
        click.echo(f"  {number}. {spelt_out(label)}")

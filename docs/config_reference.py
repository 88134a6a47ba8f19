"""Write docs/config.md from the settings in the code: python docs/config_reference.py."""

from __future__ import annotations

import dataclasses
import importlib
import types
import typing
from pathlib import Path
from typing import Any

from solarctl.commands import COMMANDS
from solarctl.config import SiteSettings
from solarctl.drivers import catalogue
from solarctl.inspection import SHARED, settings_class

INTRO = """# Every key of config.toml

Made from the code by `python docs/config_reference.py`; `config.toml.example` shows the tables in use.

- A key without a default must be given where its table is used. Everything else may be left out.
- A **secret** is a text, or `{ env = "NAME" }`, `{ file = "path" }`, `{ credential = "name" }` (a systemd credential),
  or `{ command = ["pass", "show", "tesla"] }`. Relative paths are relative to the config file.
- A **device** is the name of one of your `[devices.…]`; it must be able to do what is said in brackets.
- An unknown key stops the commands that read its table; an unknown table is an error for `solarctl check` and a
  warning elsewhere. A mistake in one command's table, device or account stops only the commands that need it.
"""

WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}


def text() -> str:
    """Return the whole page."""
    parts = [INTRO, "## The site\n", _table("site", SiteSettings)]
    parts.append("## Accounts\n")
    parts += [_class(f'accounts.NAME — service = "{name}"', row) for name, row in catalogue.SERVICES.items()]
    parts.append("## Devices\n")
    parts += [_class(f'devices.NAME — driver = "{name}"', row) for name, row in catalogue.DRIVERS.items()]
    parts.append("## Commands\n")
    parts += [
        _table(name, cls) for name in COMMANDS if name not in SHARED and (cls := settings_class(name)) is not None
    ]
    parts.append("## Shared by commands\n")
    parts += [_table(name, cls) for name in SHARED if (cls := settings_class(name)) is not None]
    return "\n".join(parts)


def _class(title: str, row: catalogue.Entry) -> str:
    module, _, name = row.target.partition(":")
    cls = getattr(importlib.import_module(f"solarctl.drivers.{module}"), name)
    can = ", ".join(one.__name__ for one in row.capabilities)
    return _table(title, cls.Settings, f"Offers: {can}.\n" if can else "")


def _table(title: str, cls: Any, note: str = "") -> str:
    lines = [f"### [{title}]\n", note, "| key | kind | default | meaning |", "|---|---|---|---|"]
    nested: list[str] = []
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        key = field.name.rstrip("_")
        lines.append(f"| `{key}` | {_kind(hints[field.name], field)} | {_default(field)} | {_meaning(field)} |")
        for inner in _dataclasses_in(hints[field.name]):
            nested.append(_table(f"{title.split(' — ')[0]}.{key}", inner))
    return "\n".join(filter(None, lines)) + "\n" + ("\n" + "\n".join(nested) if nested else "")


def _dataclasses_in(hint: Any) -> list[Any]:
    if dataclasses.is_dataclass(hint):
        return [hint]
    return [found for one in typing.get_args(hint) for found in _dataclasses_in(one)]


def _kind(hint: Any, field: dataclasses.Field[Any]) -> str:
    meta = field.metadata
    if "device" in meta:
        can = ", ".join(one.__name__ for one in meta["device"])
        return ("devices" if typing.get_origin(hint) in (tuple, list) else "device") + (f" ({can})" if can else "")
    if meta.get("account"):
        return "account" if meta["account"] is True else f"account ({meta['account']})"
    if meta.get("choices"):
        return " \\| ".join(f'`"{one}"`' for one in meta["choices"])
    return _words(hint) + _range(meta)


def _words(hint: Any) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(one) for one in args if one is not type(None)))
    if origin is typing.Literal:
        return " \\| ".join(f'`"{one}"`' for one in args)
    if origin in (tuple, list):
        return f"list of {_words(args[0])}"
    if origin is dict:
        return f"table of {_words(args[1])}"
    if dataclasses.is_dataclass(hint):
        return "table"
    if hint in WORDS:
        return WORDS[hint]
    return {"Secret": "secret", "time": 'time of day ("14:30")', "date": "date", "datetime": "date and time"}.get(
        getattr(hint, "__name__", ""), "value"
    )


def _range(meta: Any) -> str:
    signs = (("ge", "≥"), ("gt", ">"), ("le", "≤"))
    limits = [f"{sign} {meta[name]:g}" for name, sign in signs if meta.get(name) is not None]
    return f" ({', '.join(limits)})" if limits else ""


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        value: Any = field.default_factory()
    elif field.default is not dataclasses.MISSING:
        value = field.default
    else:
        return "**required**"
    if value is None or value in ("", (), [], {}):
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"`{value:g}`"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in value)
        return "see meaning" if any(map(dataclasses.is_dataclass, value)) else f"`[{inner}]`"
    if hasattr(value, "strftime"):
        return f"`{value:%H:%M}`"
    return "see table" if dataclasses.is_dataclass(value) else f'`"{value}"`'


def _meaning(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get("help", "")).replace("|", "\\|")


if __name__ == "__main__":
    Path(__file__).with_name("config.md").write_text(text(), encoding="utf-8")

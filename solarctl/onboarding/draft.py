"""The draft: what setup has found out so far and will write, and the old config it stands on.

New tables are appended; a key for a table that is there already goes right below its header. Everything else of an
existing file, comments and order included, stays as it is.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solarctl.config import Config
from solarctl.disk import make_folder, replace_files
from solarctl.errors import ConfigError, Problem
from solarctl.onboarding.toml_text import table_text, with_keys

Path_ = tuple[str, ...]


class Draft:
    """Tables and secret files to come. `raw` is old and new together, secrets still in files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.old_text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self.old_text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}") from None
        try:
            self.old: dict[str, Any] = tomllib.loads(self.old_text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([Problem(str(path), f"this is not TOML: {error}")], hint="Mend it first.") from None
        self.tables: dict[Path_, dict[str, Any]] = {}
        self.comments: dict[Path_, str] = {}
        self.secrets: dict[str, str] = {}

    # --- what is known

    @property
    def raw(self) -> dict[str, Any]:
        """Old and new tables together."""
        merged = copy.deepcopy(self.old)
        for path, values in self.tables.items():
            table: dict[str, Any] = merged
            for part in path:
                table = table.setdefault(part, {})
            table.update(copy.deepcopy(values))
        return merged

    def find(self, path: str) -> Any:
        """Return what stands under a dotted path, old or new, or None."""
        value: Any = self.raw
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def names(self, kind: str) -> list[str]:
        """Return the names of all "devices" or "accounts"."""
        found = self.raw.get(kind)
        return list(found) if isinstance(found, Mapping) else []

    def free_name(self, kind: str, wish: str) -> str:
        """Return a name that nothing else bears: the wish, or the wish with a number."""
        taken = set(self.names(kind))
        name = "".join(c if c.isalnum() and c.isascii() else "-" for c in wish.lower()).strip("-") or kind
        while "--" in name:
            name = name.replace("--", "-")
        number = 2
        wished = name
        while name in taken:
            name, number = f"{wished}-{number}", number + 1
        return name

    # --- what is added

    def add(self, path: str, values: Mapping[str, Any], comment: str = "") -> None:
        """Add a table, or keys to one; what a person wrote is never changed."""
        key = tuple(path.split("."))
        written: Any = self.old
        for part in key:
            written = written.get(part) if isinstance(written, Mapping) else None
        new = {name: value for name, value in values.items() if not isinstance(written, Mapping) or name not in written}
        if new or not isinstance(written, Mapping):
            self.tables.setdefault(key, {}).update(new)
        if comment:
            self.comments[key] = comment

    def drop(self, path: str) -> None:
        """Take a table of the draft back, and its secrets."""
        table = self.tables.pop(tuple(path.split(".")), {})
        for value in table.values():
            if isinstance(value, Mapping) and "file" in value:
                self.secrets.pop(value["file"], None)

    def secret(self, name: str, text: str) -> dict[str, str]:
        """Keep a secret for a file of its own beside the config; return the reference to it."""
        file = f"{name}.secret"
        number = 2
        while self._is_taken(file, text):
            file, number = f"{name}-{number}.secret", number + 1
        self.secrets[file] = text
        return {"file": file}

    def _is_taken(self, file: str, text: str) -> bool:
        if file in self.secrets:
            return self.secrets[file] != text
        path = self.path.parent / file
        try:
            return path.read_text(encoding="utf-8").strip() != text
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError):
            return True

    # --- what comes of it

    def config(self) -> Config:
        """Return the config as it will be, the new secrets inside, to try devices with."""
        raw = _with_secrets(self.raw, self.secrets)
        return Config(self.path, raw, self.text())

    def text(self) -> str:
        """Return the config file as it will be; `ConfigError` when the old one cannot be extended."""
        text = self.old_text
        parts: list[str] = []
        for path, values in self.tables.items():
            dotted = ".".join(path)
            if self._stands_in_old(path):
                try:
                    text = with_keys(text, dotted, values)
                except ValueError:
                    problem = f"[{dotted}] has no header of its own that keys could be put below"
                    hint = "Put them in by hand:\n" + table_text(path, values)
                    raise ConfigError([Problem(dotted, problem, hint)]) from None
            else:
                parts.append(table_text(path, values, self.comments.get(path, "")))
        if text and parts:
            text = text.rstrip("\n") + "\n\n"
        text += "\n".join(parts)
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            hint = "Append these tables by hand:\n" + "\n".join(parts)
            raise ConfigError([Problem(str(self.path), f"cannot be extended: {error}", hint)]) from None
        return text

    def _stands_in_old(self, path: Path_) -> bool:
        value: Any = self.old
        for part in path:
            if not isinstance(value, Mapping) or part not in value:
                return False
            value = value[part]
        return True

    def write(self) -> list[Path]:
        """Write secrets, then the config, each whole or not at all and private; return the files written."""
        folder = self.path.parent
        written: list[Path] = []
        text = self.text()
        try:
            if not folder.exists():
                make_folder(folder)
            secrets = {folder / name: f"{secret}\n".encode() for name, secret in self.secrets.items()}
            if secrets:
                replace_files(secrets)
                written += secrets
            if text != self.old_text:
                mode = self.path.stat().st_mode & 0o777 if self.path.exists() else None
                replace_files({self.path: text.encode()})
                if mode is not None:
                    self.path.chmod(mode)
                written.append(self.path)
        except OSError as error:
            raise ConfigError(f"{error.filename or folder} cannot be written: {error.strerror}") from None
        return written


def _with_secrets(value: Any, secrets: Mapping[str, str]) -> Any:
    """Return tables with { file = … } of the draft's own secrets replaced by their text."""
    if isinstance(value, Mapping):
        if set(value) == {"file"} and value["file"] in secrets:
            return secrets[value["file"]]
        return {key: _with_secrets(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, secrets) for item in value]
    return value

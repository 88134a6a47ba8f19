"""Putting a backup back: everything is checked before anything is changed, and what was there is kept beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from solarctl import backup_file
from solarctl.context import Clock
from solarctl.disk import make_folder, refused, replace_files
from solarctl.errors import StateError
from solarctl.locks import locked


def checked(path: Path) -> tuple[Mapping[str, object], dict[str, bytes]]:
    """Return a backup whose config is TOML, whose state is a state and whose history is a database."""
    from solarctl.state_format import MIGRATIONS, DamagedError, parse

    manifest, members = backup_file.read(path)
    state = members.get("state/state.json")
    config = config_name(members)
    try:
        tomllib.loads(members[config].decode("utf-8"))
        if state is not None:
            parse(state, MIGRATIONS)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, DamagedError) as error:
        raise StateError(f"what {path} holds is damaged: {error}", hint="Nothing was changed. Use another.") from error
    for name, content in members.items():
        if name.endswith(".db") and not _is_sound(content):
            raise StateError(f"{name} in {path} is a damaged database", hint="Nothing was changed. Use another.")
    return manifest, members


def config_name(members: Mapping[str, bytes]) -> str:
    """Return which member is the config."""
    found = [name for name in members if name.startswith("config/") and name.endswith(".toml") and name.count("/") == 1]
    if "config/config.toml" in found:
        return "config/config.toml"
    if len(found) != 1:
        raise StateError("the backup holds no config")
    return found[0]


def put_back(members: Mapping[str, bytes], config: Path, state_dir: Path, clock: Clock, now: datetime) -> list[Path]:
    """Write everything where it belongs and return where what was there before is kept."""
    mark = f"{now:%Y%m%dT%H%M%S}"
    kept: list[Path] = []
    try:
        make_folder(state_dir)
        busy = "state.json is in use by another run"
        with (
            locked(state_dir / "state.lock", clock, timeout_s=10, busy=busy, signed=False),
            locked(state_dir / "locks" / "history", clock, timeout_s=10, busy="history is being folded"),
        ):
            kept += _state(members, state_dir, state_dir / f"{backup_file.KEPT_BEFORE}{mark}")
        kept += _config(members, config, mark)
    except OSError as error:
        raise refused(error, Path(error.filename or state_dir), "written") from error
    return kept


def _state(members: Mapping[str, bytes], state_dir: Path, aside: Path) -> list[Path]:
    found, _ = backup_file.house_files(state_dir / "-", {}, state_dir)
    old = {name: path for name, path in found.items() if name.startswith("state/")}
    for name, path in old.items():
        place = aside / name.removeprefix("state/")
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.rename(place)
    for name, content in members.items():
        if name.startswith("state/"):
            _put(state_dir / name.removeprefix("state/"), content)
    return [aside] if old else []


def _config(members: Mapping[str, bytes], config: Path, mark: str) -> list[Path]:
    main = config_name(members)
    kept = []
    for name, content in members.items():
        if not name.startswith("config/"):
            continue
        path = config if name == main else config.parent / name.removeprefix("config/")
        if path.exists() and path.read_bytes() == content:
            continue
        if path.exists():
            aside = path.with_name(f"{path.name}.before-{mark}")
            path.rename(aside)
            kept.append(aside)
        _put(path, content)
    return kept


def _put(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    replace_files({path: content})


def _is_sound(content: bytes) -> bool:
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(content)
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.Error:
        return False

"""The shipped service files as the one description of how systemd runs a command; here they are fitted to a machine.

A printed unit is the shipped one with this machine's program and config. For root it runs as root (config and state
are root's), for anybody else it is a unit of that user, whose systemd can give no sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "units"
ONE_RUN, BALANCE = "solarctl@.service", "solarctl-balance.service"
OF_THE_USER = ("User", "Group", "StateDirectory", "StateDirectoryMode", "ConfigurationDirectory")
TAKEN_BY_USERS = (  # what a user's own systemd understands of [Service]
    "Type", "ExecStart", "SuccessExitStatus", "Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStartSec",
    "TimeoutStopSec", "Environment", "NoNewPrivileges", "UMask",
)  # fmt: skip


def fitted(name: str, values: Mapping[str, str], *, state: str, system: bool) -> str:
    """Return a shipped service with other `values`, for the system (as root) or for a user."""
    return "\n".join(_lines((FOLDER / name).read_text(encoding="utf-8"), values, state, system=system)) + "\n"


def _lines(text: str, values: Mapping[str, str], state: str, *, system: bool) -> Iterator[str]:
    section, blank = "", False
    for line in text.splitlines():
        if line.startswith("["):
            section = line
        key, _, old = line.partition("=")
        if line.startswith("#") or (not line and blank) or (not line and not section):
            continue
        if key in OF_THE_USER or (not system and not _is_for_users(section, key)):
            continue
        if key == "WantedBy" and not system:
            old = "default.target"
        if key == "ProtectHome":
            old = "read-only"  # the program or the config may be there
        blank = not line
        yield f"{key}={values.get(key, old)}" if old or "=" in line else line
        if key == "ProtectSystem":
            yield f"ReadWritePaths=-{state}"


def _is_for_users(section: str, key: str) -> bool:
    if section == "[Unit]":
        return key not in ("Wants", "After")  # those units are the system's
    return section != "[Service]" or key in TAKEN_BY_USERS or not key or key.startswith("[")

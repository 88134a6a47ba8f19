"""Runs that fail and recover, one after the other."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from solarctl.errors import DeviceLoginError, DeviceUnreachable
from solarctl.trouble import judge

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))
SILENT = DeviceUnreachable("inverter", "no answer from SolaxCloud within 10 s", hint="Is the dongle online?")
LOGIN = DeviceLoginError("inverter", "SolaxCloud refused the token", hint="Put a new token into solax.secret.")
ERRORS: dict[int, list[Exception]] = {75: [SILENT], 77: [LOGIN]}


class Story:
    """One command's runs, minute by minute; `mails` are the events so far."""

    def __init__(self, command: str = "grid-guard") -> None:
        self.memory: dict[str, Any] = {}
        self.command = command
        self.mails: list[str] = []
        self.texts: list[str] = []
        self.minute = 0.0

    def run(self, exit_code: int, *, after_min: float = 1, **options: Any) -> Story:
        self.minute += after_min
        now = NOON + timedelta(minutes=self.minute)
        memory, notes = judge(self.memory, self.command, exit_code, ERRORS.get(exit_code, []), now, **options)
        self.memory = json.loads(json.dumps(memory))  # it must survive state.json
        self.mails += [note.event for note in notes]
        self.texts += [f"{note.subject}\n{note.text}" for note in notes]
        return self

"""What the processes of the crash and contention tests do."""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path

from solarctl.clock import SystemClock
from solarctl.context import Json
from solarctl.errors import BusyError
from solarctl.state import StateFile
from tests.state.killing import point

OLD = {"access_token": "a0", "refresh_token": "r0", "expires_at": "2026-07-01T10:00:00+00:00"}
NEW = {"access_token": "a1", "refresh_token": "r1", "expires_at": "2026-07-01T18:00:00+00:00"}


def opened(folder: Path) -> StateFile:
    """The state in a folder, with the real clock."""
    return StateFile(folder / "state", SystemClock())


def say(text: str) -> None:
    """Tell the test."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


# --- killed at every step: a change of the state


def prepare_change(folder: Path) -> None:
    with opened(folder).transaction() as data:
        data["memory"]["grid-guard"] = {"switched": 0}


def change(folder: Path) -> None:
    """Count up twice; `acknowledged` says how far it certainly got."""
    state = opened(folder)
    for number in (1, 2):
        with state.transaction() as data:
            data["memory"]["grid-guard"] = {"switched": number, "padding": "x" * 5000 * number}
        (folder / "acknowledged").write_text(str(number))


def prepare_first_change(_folder: Path) -> None:
    """Nothing is there yet, not even the folder."""


first_change = change


# --- killed at every step: a renewal of a single-use token


def prepare_renewal(folder: Path) -> None:
    with opened(folder).transaction() as data:
        data["tokens"]["tesla"] = OLD


def renewal(folder: Path) -> None:
    """Renew the token at a service that is a file: it knows which refresh token it takes next."""

    def fetch(stored: Json | None) -> Json:
        assert stored == OLD
        point("service asked")
        (folder / "service").write_text("r1")
        point("service answered")
        return NEW

    opened(folder).tokens.renew("tesla", OLD, fetch)


# --- at the same time


def count_up(folder: str, times: str) -> None:
    """Add to one number, as often as told."""
    state = opened(Path(folder))
    for _ in range(int(times)):
        with state.transaction(timeout_s=60) as data:
            data["memory"]["count"] = {"number": data["memory"].get("count", {}).get("number", 0) + 1}


def renew_over_http(folder: str, port: str) -> None:
    """Renew at a real server whose refresh tokens are good for one use."""

    def fetch(stored: Json | None) -> Json:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        connection.request("POST", "/token", json.dumps(stored))
        reply = connection.getresponse()
        assert reply.status == 200, "the refresh token was spent twice"
        token: Json = json.loads(reply.read())
        return token

    say(json.dumps(opened(Path(folder)).tokens.renew("tesla", OLD, fetch)))


def hold_run_lock(folder: str) -> None:
    """Hold the lock of grid-guard until killed; say so first."""
    with opened(Path(folder)).lock_run("grid-guard"):
        say("held")
        SystemClock().sleep(60)


def try_run_lock(folder: str) -> None:
    """Take the lock, or say who has it."""
    try:
        with opened(Path(folder)).lock_run("grid-guard"):
            say("taken")
    except BusyError as error:
        say(str(error))

"""What the victims of the crash test do: a run that must renew its token, against a cloud that outlives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.home import Home

ISSUED = "issued.json"  # what the token service knows, kept for the time after
HOMES: dict[Path, Home] = {}


def prepare_renewal(folder: Path) -> None:
    """A house whose stored token has run out, and a token service that writes down what it knows."""
    home = Home(folder, ["tesla"])
    home.configure("")
    assert home.run("device", "read", "powerwall").exit == 0
    state = home.state()
    state["tokens"]["tesla"]["expires_at"] = "2020-01-01T00:00:00+00:00"
    (home.state_dir / "state.json").write_text(json.dumps(state))
    service = home.emulators["tesla"].tokens
    answer = service.token

    def token(request: Any) -> Any:
        response = answer(request)
        (folder / ISSUED).write_text(json.dumps(service.refresh))
        return response

    service.token = token
    (folder / ISSUED).write_text(json.dumps(service.refresh))
    HOMES[folder] = home


def renewal(folder: Path) -> None:
    """Read the Powerwall; the token is renewed on the way."""
    assert HOMES[folder].run("device", "read", "powerwall").exit == 0
